import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryDirectory } from '../../../../test/support/database.ts';
import { OWNER } from '../../../../test/support/oci/request.ts';
import { until } from '../../../../test/support/until.ts';
import { runtimeConfiguration } from '../bundle/configuration.ts';
import { CAPABILITIES } from '../bundle/process.ts';
import { seccompProfile } from '../bundle/seccomp.ts';
import { processesWith, readOrNull, startTime } from '../runtime/processes.ts';
import { openRuntime } from '../runtime/runtime.ts';
import { type ExecuteRequest, execute } from './execute.ts';

const BUSYBOX = '/bin/busybox';
const ROOT = { uid: 0, gid: 0, additionalGids: [] };

/** A running container, and what runs commands in it. */
async function makeStage() {
  const base = temporaryDirectory();
  const lower = join(base, 'image');
  for (const name of ['bin', 'dev', 'proc', 'sys', 'srv']) mkdirSync(join(lower, name), { recursive: true });
  copyFileSync('/usr/bin/busybox', join(lower, 'bin/busybox'));
  const runDirectory = join(base, 'run');
  const runtime = await openRuntime({ directory: join(base, 'layers'), runDirectory, log: () => {} });
  execFileSync('ip', ['netns', 'add', OWNER]);
  onTestFinished(async () => {
    await runtime.remove({ owner: OWNER });
    await runtime.close();
    execFileSync('ip', ['netns', 'delete', OWNER]);
  });
  const image = { entrypoint: [BUSYBOX, 'sleep', '1000'], command: [], environment: ['COLOUR=red'], user: '' };
  const unused = { workingDirectory: '/', exposedPorts: [], volumes: [], stopSignal: null };
  await runtime.start({
    ...{
      owner: OWNER,
      number: 1,
      layer: '1',
      stopSignal: 'SIGTERM',
      digest: 'd',
      lower,
      networkNamespace: `/run/netns/${OWNER}`,
    },
    limits: { memory: null, cpus: null },
    binds: [],
    configuration: ({ root, networkNamespace }) =>
      runtimeConfiguration({
        ...{ root, networkNamespace, hostname: 'web1', cgroupsPath: `/${OWNER}`, mounts: [], annotations: {} },
        image: { ...image, ...unused },
        overrides: {},
        user: { ...ROOT, home: '/root' },
        limits: { memory: null, cpus: null },
        pidsLimit: null,
        seccomp: seccompProfile(
          JSON.parse(readFileSync('/usr/share/containers/seccomp.json', 'utf8')),
          CAPABILITIES,
          process.arch === 'arm64' ? 'arm64' : 'amd64',
        ),
      }),
  });
  const directory = join(base, 'scratch');
  const call = { owner: OWNER, runRoot: join(runDirectory, 'runc'), directory, user: ROOT, workingDirectory: '/srv' };
  const bundle = join(runDirectory, 'bundles', OWNER);
  const filesOfBundle = readdirSync(bundle);
  return {
    runtime,
    run: (command: readonly string[], given: Partial<ExecuteRequest> = {}) =>
      execute({ ...call, timeoutMs: 60_000, command, ...given }),
    script: (text: string, given: Partial<ExecuteRequest> = {}) =>
      execute({ ...call, timeoutMs: 60_000, command: [BUSYBOX, 'sh', '-c', text], ...given }),
    phase: async () => (await runtime.view([OWNER])).get(OWNER)?.phase,
    /** All that a call could have left. */
    expectNothingLeft: () => {
      expect(existsSync(directory)).toBe(false);
      expect(readdirSync(bundle)).toEqual(filesOfBundle);
      const { cgroup_paths: groups } = JSON.parse(readFileSync(join(call.runRoot, OWNER, 'state.json'), 'utf8'));
      const left = Object.values<string>(groups).flatMap((group) => readdirSync(group, { withFileTypes: true }));
      expect(left.filter((entry) => entry.isDirectory())).toEqual([]);
      expect(
        processesWith('--exec-process-spec').flatMap((pid) => commandLine(pid).filter((word) => word === directory)),
      ).toEqual([]);
    },
  };
}

function commandLine(pid: number): string[] {
  return readOrNull(`/proc/${pid}/cmdline`)?.split('\0') ?? [];
}

test('a command has its exit code, both streams as it wrote them, its directory and its environment', async () => {
  const stage = await makeStage();
  const script = 'echo $COLOUR $SHAPE; pwd; printf end; echo wrong >&2; exit 3';
  expect(await stage.script(script, { environment: { SHAPE: 'round' } })).toEqual({
    exitCode: 3,
    stdout: { text: 'red round\n/srv\nend', truncated: false },
    stderr: { text: 'wrong\n', truncated: false },
    timedOut: false,
  });
  expect((await stage.script('kill -KILL $$')).exitCode).toBe(137);
  stage.expectNothingLeft();
});

test('what a command puts into the background holds up no answer, and lives on', async () => {
  const stage = await makeStage();
  const execution = await stage.script(`${BUSYBOX} sleep 61234 & echo hi`);
  expect(execution).toMatchObject({ exitCode: 0, stdout: { text: 'hi\n' }, timedOut: false });
  expect(processesWith('61234').filter((pid) => startTime(pid) !== null)).toHaveLength(1);
  stage.expectNothingLeft();
});

test('at the timeout all that the command has started is killed, and nothing else of the container', async () => {
  const stage = await makeStage();
  await stage.script(`${BUSYBOX} sleep 61235 &`);
  const sleep = `${BUSYBOX} setsid ${BUSYBOX} sleep 61236`;
  const script = `(${sleep} & ); ${BUSYBOX} sleep 61236 & echo hi; ${BUSYBOX} sleep 61236`;
  const call = stage.script(script, { timeoutMs: 2000 });
  await until('it runs', () => processesWith('61236').filter((pid) => startTime(pid) !== null).length >= 3, 10_000);
  expect(await call).toMatchObject({ exitCode: null, stdout: { text: 'hi\n' }, timedOut: true });
  expect(processesWith('61236').filter((pid) => startTime(pid) !== null)).toEqual([]);
  expect(processesWith('61235').filter((pid) => startTime(pid) !== null)).toHaveLength(1);
  expect(await stage.phase()).toBe('running');
  stage.expectNothingLeft();
});

test('a process that always starts the next one and ends is killed, too', async () => {
  const stage = await makeStage();
  const script = `echo '${BUSYBOX} sh /srv/chain &' > /srv/chain; ${BUSYBOX} sh /srv/chain; ${BUSYBOX} sleep 1000`;
  expect(await stage.script(script, { timeoutMs: 1000 })).toMatchObject({ exitCode: null, timedOut: true });
  expect(processesWith('/srv/chain').filter((pid) => startTime(pid) !== null)).toEqual([]);
  expect(await stage.phase()).toBe('running');
  stage.expectNothingLeft();
});

test('output beyond the limit is passed over, also if it never ends', async () => {
  const stage = await makeStage();
  const long = await stage.script(`${BUSYBOX} seq 1 300000; echo end >&2`);
  expect(long).toMatchObject({ exitCode: 0, stdout: { truncated: true }, stderr: { text: 'end\n', truncated: false } });
  expect(Buffer.byteLength(long.stdout.text)).toBe(1024 * 1024);
  expect(long.stdout.text.startsWith('1\n2\n3\n')).toBe(true);
  const endless = await stage.run([BUSYBOX, 'yes'], { timeoutMs: 1000, mostBytes: 4 });
  expect(endless).toMatchObject({ exitCode: null, timedOut: true, stdout: { text: 'y\ny\n', truncated: true } });
  stage.expectNothingLeft();
});

test('a command has the privileges of the container, and another user has no capabilities', async () => {
  const stage = await makeStage();
  const script = `${BUSYBOX} grep -E '^(CapEff|CapBnd|NoNewPrivs|Seccomp):' /proc/self/status; ${BUSYBOX} id -G`;
  const lines = async (given: Partial<ExecuteRequest>) =>
    (await stage.script(script, given)).stdout.text.replaceAll('\t', ' ').split('\n');
  const common = ['CapBnd: 00000000a80425fb', 'NoNewPrivs: 1', 'Seccomp: 2'];
  expect(await lines({})).toEqual(['CapEff: 00000000a80425fb', ...common, '0', '']);
  const user = { uid: 1000, gid: 1000, additionalGids: [1001] };
  expect(await lines({ user })).toEqual(['CapEff: 0000000000000000', ...common, '1000 1001', '']);
});

test('a program that does not exist is refused in the words of runc', async () => {
  const stage = await makeStage();
  await expect(stage.run(['/bin/nothing'])).rejects.toMatchObject({
    code: 'refused',
    detail: expect.stringContaining('/bin/nothing: no such file or directory'),
  });
  stage.expectNothingLeft();
});

test('a command ends with its container', async () => {
  const stage = await makeStage();
  const call = stage.run([BUSYBOX, 'sleep', '61237']);
  await until('it runs', () => processesWith('61237').some((pid) => commandLine(pid)[0] === BUSYBOX), 10_000);
  await stage.runtime.stop({ owner: OWNER, signal: 'KILL', graceMs: 10_000 });
  expect(await call).toMatchObject({ exitCode: 137, timedOut: false });
});

test('a container that has ended, or that never was, is missing', async () => {
  const stage = await makeStage();
  await stage.runtime.stop({ owner: OWNER, signal: 'KILL', graceMs: 10_000 });
  await expect(stage.script('exit 0')).rejects.toMatchObject({ code: 'missing' });
  await expect(stage.script('exit 0', { owner: 'wefttest4' })).rejects.toMatchObject({ code: 'missing' });
  await expect(stage.run([])).rejects.toMatchObject({ code: 'invalid' });
});

test('nothing is started after the end of the lease', async () => {
  const stage = await makeStage();
  const expires = new BigInt64Array([process.hrtime.bigint()]);
  await expect(stage.script('echo x > /srv/ran', { expires })).rejects.toMatchObject({
    code: 'expired',
    transient: true,
  });
  const renewed = new BigInt64Array([process.hrtime.bigint() + 60_000_000_000n]);
  const { stdout } = await stage.script(`${BUSYBOX} ls /srv`, { expires: renewed });
  expect(stdout.text).toBe('');
});

test('without a user and a directory of its own a command has those of the container', async () => {
  const stage = await makeStage();
  const own = { user: undefined, workingDirectory: undefined } as object;
  expect((await stage.script(`${BUSYBOX} id -u; pwd`, own)).stdout.text).toBe('0\n/\n');
});

test('a directory that is there already is left as it is', async () => {
  const stage = await makeStage();
  const directory = temporaryDirectory();
  await expect(stage.script('exit 0', { directory })).rejects.toMatchObject({ code: 'host' });
  expect(existsSync(directory)).toBe(true);
});
