import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { temporaryDirectory } from '../support/database.ts';
import { namespaces } from '../support/host.ts';
import { LocalWeft } from '../support/local-weft.ts';
import { until } from '../support/until.ts';

const executor = fileURLToPath(new URL('../../executor/main.ts', import.meta.url));

/** An executor on a host of its own: other network and mount namespaces, the same database. */
function startHost2(weft: LocalWeft): ChildProcess {
  const host = spawn(
    'unshare',
    [
      ...['--mount', '--net', '--propagation', 'private', 'sh', '-c'],
      'mount -t tmpfs tmpfs /run && ip link set lo up && exec "$0" "$1"',
      ...[process.execPath, executor],
    ],
    {
      env: {
        ...process.env,
        WEFT_STATE_DIR: temporaryDirectory(),
        WEFT_DATABASE_URL: `file:${weft.databaseFile}`,
        WEFT_HYPERVISOR: 'host2',
        WEFT_LOG: 'warn',
      },
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  onTestFinished(async () => {
    if (host.exitCode !== null || host.signalCode !== null) return;
    host.kill('SIGTERM');
    await once(host, 'exit');
  });
  return host;
}

it('two hypervisors each do their own work, and one continues when the other dies', async () => {
  const weft = await LocalWeft.start();
  const host2 = startHost2(weft);
  await until('host2 is alive', async () => {
    const { status, body } = await weft.request('GET', '/hypervisors/host2');
    return status === 200 && body.alive === true;
  });

  expect((await weft.request('PUT', '/host/host2/far')).body).toMatchObject({ hostID: 'host2', state: 'running' });
  expect((await weft.request('PUT', '/hypervisors/host1/host/host1/near')).body).toMatchObject({ state: 'running' });
  expect(namespaces()).toEqual(['near']);

  const cenList = [{ cenID: 'lan', containerIDs: ['far', 'other'] }];
  expect((await weft.request('POST', '/cen/import', { cenList })).status).toBe(200);
  const made = await weft.request('POST', '/cen/make', ['lan'], { prefer: 'wait=20' });
  expect(made).toMatchObject({ status: 200, body: { status: 'succeeded', hypervisor: 'host2' } });
  expect((await weft.request('GET', '/cen/lan')).body).toMatchObject({ wiring_type: 'wire', hypervisors: ['host2'] });
  expect(namespaces()).toEqual(['near']);

  host2.kill('SIGKILL');
  await once(host2, 'exit');
  await weft.sql("UPDATE hypervisors SET last_seen_ms = last_seen_ms - 60000 WHERE name = 'host2'");
  expect((await weft.request('PUT', '/host/host2/late')).body).toMatchObject({
    waiting: expect.stringMatching(/^waiting for host2, last seen \d+ s ago$/),
  });
  expect((await weft.request('PUT', '/cen/new')).body).toMatchObject({ hypervisors: ['host1'] });
  expect((await weft.request('DELETE', '/host/host1/near')).status).toBe(200);
  expect((await weft.request('DELETE', '/hypervisors/host2?force=true')).status).toBe(200);
  expect((await weft.request<unknown[]>('GET', '/hypervisors')).body).toMatchObject([{ name: 'host1' }]);
});
