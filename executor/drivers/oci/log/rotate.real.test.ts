import { execFileSync, spawn } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { until } from '../../../../test/support/until.ts';
import { parseSince } from './cursor.ts';
import { readLog } from './read.ts';
import { rotateLog } from './rotate.ts';

/** The process waits for a file before each burst, so that it is alive whenever a log is rotated. */
const BURSTS = 5;
const BURST_LINES = 12_000;
const LINES = BURSTS * BURST_LINES;
const SCRIPT = `i=0; while [ $i -lt ${LINES} ]; do
  [ $((i % ${BURST_LINES})) = 0 ] && while [ ! -e /go$i ]; do usleep 1000; done
  echo $i; i=$((i+1)); done`;

let root: string;
let name: string;
const path = (...names: string[]) => join(root, ...names);

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'weft-log-'));
  name = basename(root);
  for (const each of ['bundle/rootfs/bin', 'bundle/rootfs/proc', 'log', 'exit']) {
    await mkdir(path(each), { recursive: true });
  }
  await copyFile('/usr/bin/busybox', path('bundle/rootfs/bin/busybox'));
  execFileSync('runc', ['spec', '--bundle', path('bundle')]);
  const spec = JSON.parse(await readFile(path('bundle/config.json'), 'utf8'));
  spec.process.terminal = false;
  spec.process.args = ['/bin/busybox', 'sh', '-c', SCRIPT.replaceAll('usleep', '/bin/busybox usleep')];
  await writeFile(path('bundle/config.json'), JSON.stringify(spec));
});

afterEach(async () => {
  execFileSync('runc', ['delete', '--force', name]);
  await until('conmon has ended', async () => (await readdir(path('exit'))).length > 0, 10_000).finally(() =>
    rm(root, { recursive: true }),
  );
});

/** The file that a cursor is in. */
function fileOf(cursor: string | null): string | null {
  return parseSince(cursor).file;
}

describe('rotating the log of a real conmon', () => {
  test('a reader with a cursor is told every line once, or of a gap, through several rotations', async () => {
    const conmon = ['-c', name, '-u', name, '-n', name, '-r', '/usr/sbin/runc', '-b', path('bundle')];
    const places = ['-p', path('pid'), '-l', `k8s-file:${path('log/current')}`, '--exit-dir', path('exit')];
    spawn('conmon', [...conmon, ...places, '--socket-dir-path', root], { stdio: 'ignore' });
    await until('the container is made', () =>
      readFile(path('pid'), 'utf8').then(
        (text) => text !== '',
        () => false,
      ),
    );
    execFileSync('runc', ['start', name]);
    const seen: number[] = [];
    let rotations = 0;
    let gaps = 0;
    let rotated: string | null | undefined;
    let since: string | null = null;
    await until('the last line is read', async () => {
      // The next burst is written while the log of the one before is rotated.
      if (seen.length % BURST_LINES === 0) await writeFile(path(`bundle/rootfs/go${seen.length}`), '');
      // A file that is replaced before the reader has seen its first line counts as a gap.
      const hasFollowed = fileOf(since) !== rotated;
      if (
        hasFollowed &&
        (await rotateLog({ directory: path('log'), bundle: path('bundle'), limitBytes: 1024 * 1024 }))
      ) {
        rotations++;
        rotated = fileOf(since);
      }
      for (let more = true; more; ) {
        const page = await readLog({ directory: path('log'), since, limit: 100_000 });
        if (page.gap) gaps++;
        seen.push(...page.entries.map(({ text }) => Number(text)));
        more = page.entries.length > 0;
        since = page.next;
      }
      return seen.at(-1) === LINES - 1;
    });
    const jumps = seen.filter((each, index) => each !== (seen[index - 1] ?? -1) + 1);
    expect(jumps.length).toBe(gaps);
    expect(gaps).toBe(0);
    expect(rotations).toBeGreaterThanOrEqual(BURSTS - 1);
  });
});
