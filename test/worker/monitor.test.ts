import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { migrate } from '../../schema/database/migrate.ts';
import { openRemote } from '../../schema/database/remote.ts';
import { changeTests } from '../conformance/monitor/changes.ts';
import { messageTests } from '../conformance/monitor/messages.ts';
import { slowReaderTests } from '../conformance/monitor/slow-reader.ts';
import { MonitorStage } from '../conformance/monitor/stage.ts';
import { temporaryDirectory } from '../support/database.ts';
import { type LibsqlServer, startLibsqlServer } from '../support/libsql-server.ts';
import { shared, whenFinished } from '../support/shared.ts';
import { until } from '../support/until.ts';
import { bundleWorker } from '../support/worker-bundle.ts';
import { startWorkers } from '../support/workerd.ts';

const token = 'a-token-of-16-or-more';

interface WorkerStage {
  readonly stage: MonitorStage;
  readonly server: LibsqlServer;
}

const worker = shared<WorkerStage>(async () => {
  const directory = mkdtempSync(join(tmpdir(), 'weft-worker-'));
  whenFinished(() => rmSync(directory, { recursive: true, force: true }));
  const { code, compatibilityDate } = bundleWorker(directory);
  const server = await startLibsqlServer(join(temporaryDirectory(), 'weft.db'), token);
  whenFinished(() => server.close());
  const database = openRemote(server.url, token);
  whenFinished(() => database.close());
  await migrate(database);
  const variables = { WEFT_DATABASE_URL: server.url, WEFT_DATABASE_AUTH_TOKEN: token, WEFT_ADMIN_TOKEN: token };
  const [url = ''] = await startWorkers(code, compatibilityDate, [variables]);
  return { server, stage: new MonitorStage({ url, database, headers: { authorization: `Bearer ${token}` } }) };
});

const stage = () => worker().stage;

describe('messages', () => messageTests(stage));
describe('changes', () => changeTests(stage));
describe('a slow reader', () => slowReaderTests(stage));

it('refuses a connection without a token', async () => {
  await expect(stage().connect(undefined, { authorization: 'Bearer wrong' })).rejects.toThrow(/: 401$/);
});

it('ends the connection with 1012 before the budget of reads is spent, and the next start goes on', async () => {
  const { server } = worker();
  const rows = await stage().cin();
  const client = await stage().connect();
  const before = server.requests.length;
  const { monitorID } = (await client.start({ cinID: rows.cin })).response;
  let added = 0;
  await until('the connection ends', async () => {
    if (client.closed !== undefined) return true;
    const told = client.told().length;
    if (told === added) await rows.add([`c${added++}`]);
    return false;
  });
  expect(client.closed).toBe(1012);
  // Each container that was added is a write of this test's own.
  const reads = server.requests.length - before - added;
  expect(reads).toBeGreaterThan(10);
  expect(reads).toBeLessThanOrEqual(30);
  const next = await stage().connect();
  const { response } = await next.start({ cinID: rows.cin, monitorID });
  expect(response.monitorID).toBe(monitorID);
  expect(response.state.length).toBe(added);
});
