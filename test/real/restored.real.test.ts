import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryDirectory } from '../support/database.ts';
import { linkNames, namespaces } from '../support/host.ts';
import { until } from '../support/until.ts';
import { Weft } from '../support/weft.ts';

const quick = { WEFT_SCAN_SECONDS: '1', WEFT_ORPHAN_GRACE_SECONDS: '1' };

it('a state directory that was restored as a whole is noticed, and nothing newer is removed', async () => {
  const weft = await Weft.start(quick);
  await weft.request('PUT', '/host/host1/old');
  await weft.stop();
  const backup = join(temporaryDirectory(), 'state');
  cpSync(weft.stateDirectory, backup, { recursive: true });
  await weft.start(quick);
  await weft.request('PUT', '/host/host1/newer');
  await weft.stop();
  rmSync(weft.stateDirectory, { recursive: true });
  cpSync(backup, weft.stateDirectory, { recursive: true });

  await weft.start(quick);
  const held = async () => (await weft.request<{ held?: unknown }>('GET', '/readyz')).body.held;
  await until('it is noticed', async () => (await held()) !== undefined);
  expect(await held()).toMatchObject([{ reason: 'restored' }]);
  const scanned = async () => (await weft.sql<{ at: number }>('SELECT scanned_ms AS at FROM hypervisors'))[0]?.at ?? 0;
  for (let scan = 0; scan < 4; scan += 1) {
    const last = await scanned();
    await until('there was one more scan', async () => (await scanned()) > last);
  }
  expect(namespaces()).toEqual(['newer', 'old']);
  expect(linkNames(null)).toEqual([]);
});
