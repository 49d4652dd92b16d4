import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createTestHarness } from 'wrangler';
import { type Database, statement } from '../../schema/database/database.ts';
import { migrate } from '../../schema/database/migrate.ts';
import { openRemote } from '../../schema/database/remote.ts';
import { insertHypervisor, rowCounts, temporaryDirectory } from '../support/database.ts';
import { failures } from '../support/libsql/failures.ts';
import { expectUnavailable, serverWithHypervisor } from '../support/libsql/unavailable.ts';
import { type LibsqlServer, startLibsqlServer } from '../support/libsql-server.ts';
import { bundleWorker, type WorkerBundle } from '../support/worker-bundle.ts';
import { startWorkers, type Variables } from '../support/workerd.ts';

const token = 'a-token-of-16-or-more';
const headers = { authorization: `Bearer ${token}` };

process.env.WRANGLER_SEND_METRICS = 'false';

const directory = mkdtempSync(join(tmpdir(), 'weft-worker-'));
let bundle: WorkerBundle;
beforeAll(() => {
  bundle = bundleWorker(directory);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

type Ask = (path: string, init?: RequestInit) => Promise<Response>;

/** Starts Workers with these variables; returns a function for requests to each. */
async function askWorkers(variables: readonly Variables[]): Promise<Ask[]> {
  const urls = await startWorkers(bundle.code, bundle.compatibilityDate, variables);
  return urls.map((url) => (path, init) => fetch(`${url}${path}`, init));
}

async function askWorker(variables: Variables): Promise<Ask> {
  const [ask] = await askWorkers([variables]);
  if (!ask) throw new Error('there is no Worker');
  return ask;
}

function variablesFor({ url }: { readonly url: string }): Variables {
  return { WEFT_DATABASE_URL: url, WEFT_DATABASE_AUTH_TOKEN: token, WEFT_ADMIN_TOKEN: token };
}

function openServed({ url }: LibsqlServer): Database {
  const database = openRemote(url, token);
  onTestFinished(() => database.close());
  return database;
}

it('is bundled without modules of Node', () => {
  const { code } = bundle;
  expect(
    code.match(
      /(?:from|import|require\()\s*"(?:node:)?(?:fs|path|os|net|http|crypto|buffer|util|stream|events|module)"/g,
    ),
  ).toBeNull();
  expect(code).not.toContain('node:');
});

it('serves the API from workerd, with a libSQL server behind it', async () => {
  const server = await serverWithHypervisor(token);
  const database = openServed(server);
  const ask = await askWorker(variablesFor(server));

  const health = await ask('/healthz');
  expect({ status: health.status, body: await health.json() }).toEqual({
    status: 200,
    body: { status: 'ok', migrations: expect.any(Number) },
  });
  expect((await ask('/operations')).status).toBe(401);
  expect((await ask('/operations', { headers })).status).toBe(200);
  expect((await ask('/operations', { headers: { ...headers, origin: 'https://evil.example' } })).status).toBe(403);

  const body = JSON.stringify({ cenList: [{ cenID: 'lan', containerIDs: ['a', 'b'] }] });
  const imported = await ask('/cen/import', { method: 'POST', headers, body });
  expect({ status: imported.status, body: await imported.json() }).toEqual({
    status: 200,
    body: { imported: ['lan'] },
  });
  const made = await ask('/cen/make', { method: 'POST', headers, body: '["lan"]' });
  expect(made.status).toBe(202);
  expect(made.headers.get('location')).toMatch(/^\/operations\//);
  expect(await rowCounts(database)).toMatchObject({ cens: 1, containers: 2, members: 2, operations: 3, guard: 0 });

  const before = await rowCounts(database);
  expect((await ask('/cen/make', { method: 'POST', headers, body: '["nobody"]' })).status).toBe(404);
  expect((await ask('/cen/import', { method: 'POST', headers, body: '{' })).status).toBe(400);
  expect(await rowCounts(database)).toEqual(before);

  // Its reads last for the whole wait, and it reports how long it waited.
  const waited = await ask('/host/host1/c', { method: 'PUT', headers: { ...headers, prefer: 'wait=3' } });
  expect([waited.status, waited.headers.get('preference-applied')]).toEqual([202, 'wait=3']);
});

it('reports in one sentence that its database has not been migrated', async () => {
  const server = await emptyServer();
  const ask = await askWorker(variablesFor(server));
  for (const [path, method] of [
    ['/healthz', 'GET'],
    ['/readyz', 'GET'],
    ['/cen/lan', 'PUT'],
    ['/v1/processes', 'GET'],
  ] as const) {
    const answer = await ask(path, { headers, method });
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await answer.text()).toContain('The database was not migrated yet: weft ');
  }
  await migrate(openServed(server));
  expect((await ask('/healthz')).status).toBe(200);
});

it('has a cron trigger that waits for the migration, and ends expired operations of dead hypervisors', async () => {
  const server = await emptyServer();
  const database = openServed(server);
  const worker = createTestHarness({
    workers: [
      {
        configPath: bundle.configPath,
        prebuiltWorkerDir: bundle.outputDirectory,
        secrets: { ...variablesFor(server) },
      },
    ],
  });
  onTestFinished(() => worker.close());
  await worker.listen();
  const fireTrigger = () => worker.getWorker().scheduled({ cron: '* * * * *' });
  expect(await fireTrigger()).toMatchObject({ outcome: 'ok' });

  await migrate(database);
  await insertHypervisor(database);
  await database.write([statement('UPDATE hypervisors SET last_seen_ms = last_seen_ms - 60000')]);
  expect((await worker.fetch('/host/host1/c', { method: 'PUT', headers })).status).toBe(202);
  await fireTrigger();
  expect(await rowCounts(database)).toMatchObject({ containers: 1, operation_subjects: 1 });
  await database.write([statement('UPDATE operations SET deadline_ms = 1')]);
  await fireTrigger();
  const [rows] = await database.read([statement("SELECT status, error ->> '$.code' AS code FROM operations")]);
  expect(rows).toEqual([{ status: 'failed', code: 'deadline' }]);
  expect(await rowCounts(database)).toMatchObject({ containers: 0, host_names: 0, operation_subjects: 0 });
});

describe('without its configuration', () => {
  const cases: readonly { variables: Variables; wrong: string; hint?: string }[] = [
    ...['file:weft.db', 'rubbish'].map((url) => ({
      variables: { WEFT_DATABASE_URL: url, WEFT_ADMIN_TOKEN: token },
      wrong: 'WEFT_DATABASE_URL must be the URL of a libSQL server: libsql://, https:// or http://',
    })),
    {
      variables: { WEFT_DATABASE_URL: 'http://127.0.0.1:9', WEFT_ADMIN_TOKEN: 'x' },
      wrong: 'WEFT_ADMIN_TOKEN must have at least 16 characters',
    },
    {
      variables: { WEFT_ADMIN_TOKEN: token },
      wrong: 'WEFT_DATABASE_URL is missing',
      hint: 'wrangler secret put WEFT_DATABASE_URL',
    },
    {
      variables: { WEFT_DATABASE_URL: 'http://127.0.0.1:9' },
      wrong: 'WEFT_ADMIN_TOKEN is missing',
      hint: 'wrangler secret put WEFT_ADMIN_TOKEN',
    },
    {
      variables: { WEFT_DATABASE_URL: 'http://127.0.0.1:9', WEFT_ADMIN_TOKEN: token, WEFT_COMPUTE_STATUS: '201' },
      wrong: 'WEFT_COMPUTE_STATUS must be document or agent',
    },
  ];

  it('is a 503 that names the variable', async () => {
    const asks = await askWorkers(cases.map(({ variables }) => variables));
    for (const [index, ask] of asks.entries()) {
      const { wrong, hint } = cases[index] ?? {};
      const answer = await ask('/healthz');
      expect([wrong, answer.status, answer.headers.get('retry-after')]).toEqual([wrong, 503, '1']);
      expect(await answer.json()).toMatchObject({
        detail: `This Worker is not set up: ${wrong}`,
        ...(hint === undefined ? {} : { hint }),
      });
    }
  });
});

// In one test, since most of its time is spent waiting for the deadline: each failure has a Worker and a server of its
// own.
it('is unavailable while its database server fails, in whatever way', async () => {
  const servers = await Promise.all(failures.map(() => serverWithHypervisor(token)));
  const asks = await askWorkers(servers.map(variablesFor));
  const outcomes = await Promise.allSettled(
    failures.map((failure, index) => {
      const server = servers[index];
      const ask = asks[index];
      if (!server || !ask) throw new Error('each failure has a server and a Worker');
      return expectUnavailable((method, path) => ask(path, { method, headers }), server, failure);
    }),
  );
  const wrong = outcomes.flatMap((outcome, index) =>
    outcome.status === 'rejected' ? [{ server: failures[index]?.name, error: String(outcome.reason) }] : [],
  );
  expect(wrong).toEqual([]);
});

it('is unavailable while its database server is down', async () => {
  const server = await serverWithHypervisor(token);
  const ask = await askWorker(variablesFor(server));
  await server.stop();
  const answer = await ask('/healthz');
  expect({ status: answer.status, retry: answer.headers.get('retry-after') }).toEqual({ status: 503, retry: '1' });
  await server.start();
  expect((await ask('/healthz')).status).toBe(200);
});

async function emptyServer(): Promise<LibsqlServer> {
  const server = await startLibsqlServer(join(temporaryDirectory(), 'weft.db'), token);
  onTestFinished(() => server.close());
  return server;
}
