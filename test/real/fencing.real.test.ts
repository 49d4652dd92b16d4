import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryDirectory } from '../support/database.ts';
import { linkNames, namespaces, picture } from '../support/host.ts';
import type { ServedInstance } from '../support/instance.ts';
import { LocalWeft } from '../support/local-weft.ts';
import { until } from '../support/until.ts';
import { Weft } from '../support/weft.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const program = 'test/support/faulty-start.ts';
/** A fifth of the defaults, in milliseconds. */
const LEASE_MS = 3_000;
const times = { lease: LEASE_MS, renew: 1_000, heartbeat: 1_000 };
const environment = { WEFT_FAULT_TIMES: JSON.stringify(times) };

/** An executor of the same hypervisor and database on another host of the same machine id, with a state directory of its own. */
function launchElsewhere(weft: ServedInstance): ReturnType<typeof spawn> {
  const enter = 'mount -t tmpfs tmpfs /run && ip link set lo up && exec "$@"';
  const command = [process.execPath, join(root, program)];
  const child = spawn(
    'unshare',
    ['--mount', '--net', '--propagation', 'private', 'sh', '-c', enter, 'sh', ...command],
    {
      cwd: root,
      env: {
        ...process.env,
        ...environment,
        WEFT_STATE_DIR: temporaryDirectory(),
        WEFT_DATABASE_URL: `file:${weft.databaseFile}`,
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
  });
  return child;
}

/** An executor over the database of an API, that stops itself at a place. */
async function pausedAt(api: LocalWeft, place: string): Promise<Weft> {
  const executor = await Weft.prepare();
  const stopping = { WEFT_FAULT_AT: place, WEFT_FAULT_SIGNAL: 'SIGSTOP' };
  executor.launch({ ...environment, ...stopping, WEFT_STATE_DIR: api.stateDirectory }, program);
  await until('its hypervisor is registered', async () => (await api.sql('SELECT 1 FROM hypervisors')).length > 0);
  return executor;
}

describe('an executor that was paused in the middle of a step', () => {
  it.each(['veth.create:before', 'veth.create:after'])(
    'at %s, and resumed after its lease has expired, changes nothing more',
    async (place) => {
      const weft = await LocalWeft.serve();
      const executor = await pausedAt(weft, place);
      await weft.request('POST', '/cen/import', { cenList: [{ cenID: 'lan', containerIDs: ['a', 'b', 'c'] }] });
      const { body } = await weft.request('POST', '/cen/make', ['lan']);
      await until('it is stopped', () => executor.isStopped);
      const host = picture();

      // Its successor, as after a failover, does the work on its own host.
      launchElsewhere(weft);
      const done = await weft.request('GET', `/operations/${body.id}`, undefined, { prefer: 'wait=30' });
      expect(done.body.status).toBe('succeeded');
      const epochs = await weft.sql<{ epoch: number }>('SELECT epoch FROM hypervisors');
      expect(epochs).toEqual([{ epoch: 2 }]);
      // The clock of a test's own processes cannot be set.
      await pause(2 * LEASE_MS);
      const state = () => weft.sql('SELECT id, status, attempt, epoch, finished_ms, error FROM operations ORDER BY id');
      const before = await state();

      const ended = once(executor.child, 'exit');
      executor.child.kill('SIGCONT');
      expect(await ended).toEqual([1, null]);
      expect(executor.errors).toContain('weft: A newer start of this executor has taken over');
      expect(picture()).toEqual(host);
      expect(await state()).toEqual(before);
    },
  );
});

describe('a second machine', () => {
  it('with the same machine id refuses to start while the executor of the first runs', async () => {
    const weft = await LocalWeft.start({ times });
    const second = launchElsewhere(weft);
    let errors = '';
    second.stderr?.on('data', (text: Buffer) => {
      errors += text.toString();
    });
    const [code] = await once(second, 'close');
    expect(errors).toMatch(
      /^weft: Hypervisor host1 already has an executor, .* \(boot id [-0-9a-f]{36}\), which is running\. .* WEFT_HYPERVISOR /,
    );
    expect(code).toBe(1);
    expect((await weft.request('PUT', '/host/host1/works')).status).toBe(200);
    expect(await weft.sql('SELECT epoch FROM hypervisors')).toEqual([{ epoch: 1 }]);
  });

  it('with the name of the first refuses to start, and names the variable to set', async () => {
    const weft = await LocalWeft.start();
    await weft.request('PUT', '/host/host1/here');
    await weft.stop();
    const second = await Weft.prepare();
    const machineId = join(weft.stateDirectory, 'machine-id');
    writeFileSync(machineId, '0123456789abcdef0123456789abcdef\n');
    execFileSync('mount', ['--bind', machineId, '/etc/machine-id']);
    try {
      const child = second.launch({ WEFT_STATE_DIR: weft.stateDirectory });
      const [code] = await once(child, 'close');
      expect(code).toBe(1);
    } finally {
      execFileSync('umount', ['/etc/machine-id']);
    }
    expect(second.errors).toBe(
      'weft: Hypervisor host1 of this database is another machine. Set WEFT_HYPERVISOR to a name that no other machine has\n',
    );
    expect(namespaces()).toEqual(['here']);
    expect(linkNames(null)).toEqual([]);
    expect(await weft.sql('SELECT epoch FROM hypervisors')).toEqual([{ epoch: 1 }]);
  });
});
