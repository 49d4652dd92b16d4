import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeStage, OWNER, viewOf } from '../../../../test/support/oci/stage.ts';
import { until } from '../../../../test/support/until.ts';
import { readLog } from '../log/read.ts';
import { logDirectory } from './paths.ts';
import { readOrNull } from './processes.ts';

const LOG_BYTES = 64 * 1024;
const BUSYBOX = '/bin/busybox';

test('the log of an adopted process is rotated, and half of its limit is always there', async () => {
  const stage = makeStage();
  const first = await stage.open({ logBytes: LOG_BYTES });
  const burst = 'i=0; while [ $i -lt 1000 ]; do echo line $i; i=$((i+1)); done';
  const script = `while :; do ${burst}; ${BUSYBOX} usleep 50000; done`;
  await first.start(stage.request([BUSYBOX, 'sh', '-c', script]));
  await first.close();
  const second = await stage.open({ logBytes: LOG_BYTES });
  const previous = join(logDirectory(stage.directory, OWNER), 'previous');
  const rotated = new Set<string>();
  await until('it was rotated twice', () => {
    const begin = readOrNull(previous)?.split('\n')[0];
    if (begin === undefined) return false;
    expect(statSync(previous).size).toBeGreaterThan(LOG_BYTES / 2);
    return rotated.add(begin).size >= 2;
  });
  expect((await viewOf(second))?.phase).toBe('running');
});

test('a new run writes after what the one before it has written', async () => {
  const stage = makeStage();
  const runtime = await stage.open();
  for (const word of ['one', 'two']) {
    await runtime.start(stage.request([BUSYBOX, 'echo', word]));
    await until('it has exited', async () => (await viewOf(runtime))?.phase === 'exited', 10_000);
  }
  const directory = logDirectory(stage.directory, OWNER);
  const { entries } = await readLog({ directory, since: null, limit: 10 });
  expect(entries.map(({ text }) => text)).toEqual(['one', 'two']);
});

test('a process that writes several times its limit at once and ends loses nothing', async () => {
  const stage = makeStage();
  const runtime = await stage.open({ logBytes: LOG_BYTES });
  // 60 bytes a line with its head.
  const count = (5 * LOG_BYTES) / 60;
  await runtime.start(stage.request([BUSYBOX, 'seq', '1', String(Math.round(count))]));
  await until('it has exited', async () => (await viewOf(runtime))?.phase === 'exited', 10_000);
  const { entries } = await readLog({
    directory: logDirectory(stage.directory, OWNER),
    ...{ since: null, limit: 100_000 },
  });
  expect([entries[0]?.text, entries.at(-1)?.text]).toEqual(['1', String(Math.round(count))]);
});
