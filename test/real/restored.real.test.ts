import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { temporaryDirectory } from '../support/database.ts';
import { linkNames, namespaces } from '../support/host.ts';
import { LocalWeft } from '../support/local-weft.ts';
import { until } from '../support/until.ts';

const quick = { times: { scan: 100, grace: 100 } };

it('a state directory that was restored as a whole is detected, and nothing newer is removed', async () => {
  const weft = await LocalWeft.start(quick);
  await weft.request('PUT', '/host/host1/old');
  await weft.stop();
  const backup = join(temporaryDirectory(), 'state');
  cpSync(weft.stateDirectory, backup, { recursive: true });
  await weft.restart();
  await weft.request('PUT', '/host/host1/newer');
  await weft.stop();
  rmSync(weft.stateDirectory, { recursive: true });
  cpSync(backup, weft.stateDirectory, { recursive: true });

  await weft.restart();
  await expectNothingRemoved(weft);
  expect(namespaces()).toEqual(['newer', 'old']);
  expect(linkNames(null)).toEqual([]);
});

it('a backup that was made while weft ran is detected, and its pending operations are not executed', async () => {
  const weft = await LocalWeft.start(quick);
  await weft.request('PUT', '/host/host1/old');
  const backup = join(temporaryDirectory(), 'backup.db');
  const database = join(weft.stateDirectory, 'database', 'weft.db');
  // The deletion is pending in the backup; after it was done the container is created again.
  const suspended = new DatabaseSync(database);
  suspended.exec(`VACUUM INTO '${backup}'`);
  suspended.close();
  const pending = new DatabaseSync(backup);
  pending.exec(`
    UPDATE containers SET desired = 'absent';
    INSERT INTO operations (id, hypervisor, kind, resource, request, generation, status, not_before_ms, deadline_ms, attempt, done, total, principal, created_ms)
      SELECT 'deletion', hypervisor, 'container.delete', 'hypervisors/' || hypervisor || '/containers/old', '{}', 2, 'pending', 0, 9e15, 0, 0, 1, 'test', 0 FROM containers;
    INSERT INTO operation_subjects SELECT resource, sequence FROM operations WHERE id = 'deletion'`);
  pending.close();
  for (const name of ['newer', 'newest']) await weft.request('PUT', `/host/host1/${name}`);
  await weft.stop();
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${database}${suffix}`, { force: true });
  cpSync(backup, database);

  await weft.restart();
  await expectNothingRemoved(weft);
  expect(namespaces()).toEqual(['newer', 'newest', 'old']);
  await weft.request('POST', '/hypervisors/host1/resync');
  await until('the deletion is done when somebody has said that it is right', () => !namespaces().includes('old'));
});

/** The restore is detected, and several full scans remove nothing. */
async function expectNothingRemoved(weft: LocalWeft): Promise<void> {
  const held = async () => (await weft.request<{ held?: unknown }>('GET', '/readyz')).body.held;
  await until('it is noticed', async () => (await held()) !== undefined);
  expect(await held()).toMatchObject([{ reason: 'restored' }]);
  const scanned = async () => (await weft.sql<{ at: number }>('SELECT scanned_ms AS at FROM hypervisors'))[0]?.at ?? 0;
  for (let scan = 0; scan < 4; scan += 1) {
    const last = await scanned();
    await until('there was one more scan', async () => (await scanned()) > last);
  }
}
