import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { temporaryDirectory } from '../support/database.ts';
import { failures } from '../support/libsql/failures.ts';
import { expectUnavailable, serverWithHypervisor } from '../support/libsql/unavailable.ts';
import { startWorkers } from '../support/workerd.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const token = 'a-token-of-16-or-more';

interface Bundle {
  readonly code: string;
  readonly compatibilityDate: string;
}

/** The Worker as a deployment would bundle it; wrangler's scratch directory is beside its configuration. */
function bundle(): Bundle {
  const directory = temporaryDirectory();
  const configuration = readFileSync(join(root, 'wrangler.toml'), 'utf8');
  const own = join(directory, 'wrangler.toml');
  writeFileSync(own, configuration.replace(/^main = "/m, `$&${root}`));
  execFileSync(
    process.execPath,
    [join(root, 'node_modules/wrangler/bin/wrangler.js'), 'deploy', '--dry-run', '--config', own, '--outdir', 'out'],
    {
      cwd: directory,
      env: { ...process.env, CI: 'true', WRANGLER_SEND_METRICS: 'false', XDG_CONFIG_HOME: directory },
      stdio: 'pipe',
    },
  );
  return {
    code: readFileSync(join(directory, 'out/worker.js'), 'utf8'),
    compatibilityDate: /^compatibility_date = "(.+)"$/m.exec(configuration)?.[1] ?? '',
  };
}

// In one test, since most of its time the deadline is waited for: each failure has a Worker and a server of its own.
it('the API on a Worker is unavailable while its database server fails, in whatever way', async () => {
  const { code, compatibilityDate } = bundle();
  const servers = await Promise.all(failures.map(() => serverWithHypervisor(token)));
  const urls = await startWorkers(
    code,
    compatibilityDate,
    servers.map(({ url }) => ({
      WEFT_DATABASE_URL: url,
      WEFT_DATABASE_AUTH_TOKEN: token,
      WEFT_ADMIN_TOKEN: token,
    })),
  );
  const headers = { authorization: `Bearer ${token}` };
  const outcomes = await Promise.allSettled(
    failures.map((failure, index) => {
      const server = servers[index];
      if (!server) throw new Error('each failure has a server');
      return expectUnavailable((method, path) => fetch(`${urls[index]}${path}`, { method, headers }), server, failure);
    }),
  );
  const wrong = outcomes.flatMap((outcome, index) =>
    outcome.status === 'rejected' ? [{ server: failures[index]?.name, error: String(outcome.reason) }] : [],
  );
  expect(wrong).toEqual([]);
});

it('the API on a Worker is unavailable while its database server is down', async () => {
  const { code, compatibilityDate } = bundle();
  const server = await serverWithHypervisor(token);
  const [url] = await startWorkers(code, compatibilityDate, [
    { WEFT_DATABASE_URL: server.url, WEFT_DATABASE_AUTH_TOKEN: token, WEFT_ADMIN_TOKEN: token },
  ]);
  await server.stop();
  const answer = await fetch(`${url}/healthz`);
  expect({ status: answer.status, retry: answer.headers.get('retry-after') }).toEqual({ status: 503, retry: '1' });
  await server.start();
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
});
