import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { createTestHarness } from 'wrangler';
import { type Database, statement } from '../../schema/database/database.ts';
import { migrate } from '../../schema/database/migrate.ts';
import { openRemote } from '../../schema/database/remote.ts';
import { insertHypervisor, rowCounts, temporaryDirectory } from '../support/database.ts';
import { startLibsqlServer } from '../support/libsql-server.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const token = 'a-token-of-16-or-more';

process.env.WRANGLER_SEND_METRICS = 'false';

// wrangler's scratch directory.
afterAll(() => rmSync(join(root, '.wrangler'), { recursive: true, force: true }));

/** Bundles the Worker as a deployment would; answers where it is. */
function bundle(): string {
  const directory = temporaryDirectory();
  execFileSync(
    process.execPath,
    [join(root, 'node_modules/wrangler/bin/wrangler.js'), 'deploy', '--dry-run', '--outdir', directory],
    {
      cwd: root,
      env: { ...process.env, CI: 'true' },
      stdio: 'pipe',
    },
  );
  return directory;
}

/** The Worker in workerd with these secrets. */
async function harness(secrets: Record<string, string>): Promise<ReturnType<typeof createTestHarness>> {
  const worker = createTestHarness({
    workers: [{ configPath: join(root, 'wrangler.toml'), prebuiltWorkerDir: bundle(), secrets }],
  });
  onTestFinished(() => worker.close());
  await worker.listen();
  return worker;
}

/** What asks it. */
async function startWorker(
  secrets: Record<string, string>,
): Promise<(path: string, init?: RequestInit) => Promise<Response>> {
  const worker = await harness(secrets);
  return async (path, init) => (await worker.fetch(path, init as never)) as unknown as Response;
}

async function serverWithHypervisor(): Promise<{ url: string; database: Database }> {
  const server = await startLibsqlServer(join(temporaryDirectory(), 'weft.db'), token);
  onTestFinished(() => server.close());
  const database = openRemote(server.url, token);
  await migrate(database);
  await insertHypervisor(database);
  return { url: server.url, database };
}

it('ends what a dead hypervisor left until after its deadline, when its cron trigger fires', async () => {
  const { url, database } = await serverWithHypervisor();
  const worker = await harness({ WEFT_DATABASE_URL: url, WEFT_DATABASE_AUTH_TOKEN: token, WEFT_ADMIN_TOKEN: token });
  const headers = { authorization: `Bearer ${token}` };
  await database.write([statement('UPDATE hypervisors SET last_seen_ms = last_seen_ms - 60000')]);
  expect((await worker.fetch('/host/host1/c', { method: 'PUT', headers })).status).toBe(202);
  await worker.getWorker().scheduled({ cron: '* * * * *' });
  expect(await rowCounts(database)).toMatchObject({ containers: 1, operation_subjects: 1 });
  await database.write([statement('UPDATE operations SET deadline_ms = 1')]);
  await worker.getWorker().scheduled({ cron: '* * * * *' });
  const [rows] = await database.read([statement("SELECT status, error ->> '$.code' AS code FROM operations")]);
  expect(rows).toEqual([{ status: 'failed', code: 'deadline' }]);
  expect(await rowCounts(database)).toMatchObject({ containers: 0, host_names: 0, operation_subjects: 0 });
});

describe('the Worker', () => {
  it('is bundled without a module of Node’s', () => {
    const code = readFileSync(join(bundle(), 'worker.js'), 'utf8');
    expect(
      code.match(
        /(?:from|import|require\()\s*"(?:node:)?(?:fs|path|os|net|http|crypto|buffer|util|stream|events|module)"/g,
      ),
    ).toBeNull();
    expect(code).not.toContain('node:');
  });

  it('serves the API from workerd, with a libSQL server behind it', async () => {
    const { url, database } = await serverWithHypervisor();
    const ask = await startWorker({ WEFT_DATABASE_URL: url, WEFT_DATABASE_AUTH_TOKEN: token, WEFT_ADMIN_TOKEN: token });
    const headers = { authorization: `Bearer ${token}` };

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

    // Its reads last for the whole wait, and it says for how long it waited.
    const waited = await ask('/host/host1/c', { method: 'PUT', headers: { ...headers, prefer: 'wait=3' } });
    expect([waited.status, waited.headers.get('preference-applied')]).toEqual([202, 'wait=3']);
  });

  it('beside a database that nobody has migrated says so in one sentence, and its cron trigger does not throw', async () => {
    const server = await startLibsqlServer(join(temporaryDirectory(), 'weft.db'), token);
    onTestFinished(() => server.close());
    const secrets = { WEFT_DATABASE_URL: server.url, WEFT_DATABASE_AUTH_TOKEN: token, WEFT_ADMIN_TOKEN: token };
    const worker = await harness(secrets);
    const headers = { authorization: `Bearer ${token}` };
    for (const [path, method] of [
      ['/healthz', 'GET'],
      ['/readyz', 'GET'],
      ['/cen/lan', 'PUT'],
      ['/v1/processes', 'GET'],
    ] as const) {
      const answer = await worker.fetch(path, { headers, method });
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
      expect(await answer.text()).toContain('The database was not migrated yet: weft ');
    }
    expect(await worker.getWorker().scheduled({ cron: '* * * * *' })).toMatchObject({ outcome: 'ok' });
    const database = openRemote(server.url, token);
    onTestFinished(() => database.close());
    await migrate(database);
    expect((await worker.fetch('/healthz')).status).toBe(200);
  });

  it.each([
    ['file:weft.db', token, 'WEFT_DATABASE_URL must be the URL of a libSQL server: libsql://, https:// or http://'],
    ['rubbish', token, 'WEFT_DATABASE_URL must be the URL of a libSQL server: libsql://, https:// or http://'],
    ['http://127.0.0.1:9', 'x', 'WEFT_ADMIN_TOKEN must have at least 16 characters'],
  ])('with %s and the token %s is a 503 that names the variable', async (url, adminToken, wrong) => {
    const ask = await startWorker({ WEFT_DATABASE_URL: url, WEFT_ADMIN_TOKEN: adminToken });
    const answer = await ask('/healthz');
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await answer.json()).toMatchObject({ detail: `This Worker is not set up: ${wrong}` });
  });

  it.each([
    ['WEFT_DATABASE_URL', { WEFT_ADMIN_TOKEN: token }],
    ['WEFT_ADMIN_TOKEN', { WEFT_DATABASE_URL: 'http://127.0.0.1:9' }],
  ])('refuses to work without %s, and names it', async (variable, secrets) => {
    const ask = await startWorker(secrets);
    const answer = await ask('/healthz');
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({
      detail: `This Worker is not set up: ${variable} is missing`,
      hint: `wrangler secret put ${variable}`,
    });
  });
});
