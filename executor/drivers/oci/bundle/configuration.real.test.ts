import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryDirectory } from '../../../../test/support/database.ts';
import { OWNER } from '../../../../test/support/oci/request.ts';
import { until } from '../../../../test/support/until.ts';
import { openRuntime } from '../runtime/runtime.ts';
import { type BundleInput, runtimeConfiguration } from './configuration.ts';
import { CAPABILITIES } from './process.ts';
import { type SeccompSource, seccompProfile } from './seccomp.ts';

const BUSYBOX = '/bin/busybox';
/** USER_HZ of x86-64 and arm64. */
const TICKS_PER_SECOND = 100;
const shipped = (): SeccompSource => JSON.parse(readFileSync('/usr/share/containers/seccomp.json', 'utf8'));

const image: BundleInput['image'] = {
  entrypoint: [BUSYBOX, 'sh', '-c'],
  command: ['exit 1'],
  environment: ['COLOUR=red', 'SHAPE=round'],
  user: '',
  workingDirectory: '/srv',
  exposedPorts: [],
  volumes: [],
  stopSignal: null,
};

/** Runs a program with the generated config.json. */
async function started(script: string, given: Partial<BundleInput>) {
  const base = temporaryDirectory();
  const lower = join(base, 'image');
  for (const name of ['bin', 'dev', 'proc', 'sys', 'srv']) mkdirSync(join(lower, name), { recursive: true });
  copyFileSync('/usr/bin/busybox', join(lower, 'bin/busybox'));
  const directory = join(base, 'layers');
  const runtime = await openRuntime({ directory, runDirectory: join(base, 'run'), log: () => {} });
  execFileSync('ip', ['netns', 'add', OWNER]);
  onTestFinished(async () => {
    await runtime.remove({ owner: OWNER });
    await runtime.close();
    execFileSync('ip', ['netns', 'delete', OWNER]);
  });
  await runtime.start({
    ...{
      owner: OWNER,
      number: 1,
      digest: 'd',
      layer: '1',
      stopSignal: 'SIGTERM',
      lower,
      networkNamespace: `/run/netns/${OWNER}`,
    },
    limits: { memory: null, cpus: null },
    binds: [],
    configuration: ({ root, networkNamespace }) =>
      runtimeConfiguration({
        ...{ image, root, networkNamespace, hostname: 'web1', cgroupsPath: `/${OWNER}`, mounts: [], annotations: {} },
        overrides: { command: [script], environment: { COLOUR: 'blue' } },
        user: { uid: 0, gid: 0, additionalGids: [], home: '/root' },
        limits: { memory: 64 * 1024 * 1024, cpus: 0.5 },
        pidsLimit: null,
        seccomp: seccompProfile(shipped(), CAPABILITIES, process.arch === 'arm64' ? 'arm64' : 'amd64'),
        ...given,
      }),
  });
  return { view: async () => (await runtime.view([OWNER])).get(OWNER), log: join(directory, OWNER, 'log/current') };
}

/** Runs it to its end. */
async function ended(script: string, given: Partial<BundleInput>) {
  const { view, log } = await started(script, given);
  await until('it has ended', async () => (await view())?.phase === 'exited', 10_000);
  return { code: (await view())?.exit?.code, log: readFileSync(log, 'utf8') };
}

/** Time of processors that a process has used, in seconds: utime and stime of proc_pid_stat(5). */
function usedSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** The lines that it prints. */
async function printed(script: string, given: Partial<BundleInput>): Promise<string[]> {
  const { log } = await ended(script, given);
  return log
    .trimEnd()
    .split('\n')
    .map((line) => line.split(' ').slice(3).join(' ').replaceAll('\t', ' '));
}

const STATUS = `${BUSYBOX} grep -E '^(CapEff|NoNewPrivs|Seccomp):' /proc/self/status`;

test('a program has the environment, the directory and the privileges of a container of Docker', async () => {
  const script = `echo $COLOUR $SHAPE $HOME $HOSTNAME; pwd; ${BUSYBOX} id -u; ${STATUS}; ${BUSYBOX} hostname`;
  expect(await printed(script, {})).toEqual([
    'blue round /root web1',
    '/srv',
    '0',
    'CapEff: 00000000a80425fb',
    'NoNewPrivs: 1',
    'Seccomp: 2',
    'web1',
  ]);
});

test('another user has no capabilities', async () => {
  const user = { uid: 1000, gid: 1000, additionalGids: [1001], home: '/' };
  expect(await printed(`${BUSYBOX} id -u; ${BUSYBOX} id -G; ${STATUS}`, { user })).toEqual([
    '1000',
    '1000 1001',
    'CapEff: 0000000000000000',
    'NoNewPrivs: 1',
    'Seccomp: 2',
  ]);
});

test('settings of the kernel cannot be written, its firmware not be read, and no file system be mounted', async () => {
  const script = [
    `echo 1 > /proc/sys/kernel/panic || echo not written`,
    `${BUSYBOX} ls -A /sys/firmware | ${BUSYBOX} wc -l`,
    `${BUSYBOX} mount -t tmpfs none /srv || echo not mounted`,
  ].join('; ');
  const lines = await printed(script, {});
  expect(lines.filter((line) => /^(not written|0|not mounted)$/.test(line))).toEqual([
    'not written',
    '0',
    'not mounted',
  ]);
});

test('a program that needs more memory than its limit is killed', async () => {
  const limits = { memory: 16 * 1024 * 1024, cpus: null };
  expect((await ended(`exec ${BUSYBOX} tail /dev/zero`, { limits })).code).toBe(137);
});

test('a busy program uses no more of the processors than its limit', async () => {
  const { view } = await started('while :; do :; done', { limits: { memory: null, cpus: 0.25 } });
  const pid = (await view())?.pid ?? 0;
  const [begin, before] = [performance.now(), usedSeconds(pid)];
  await until('2 s have passed', () => performance.now() - begin >= 2000);
  const used = usedSeconds(pid) - before;
  // A busy machine measures late; in 2 s it is from 0.2 to 0.75 s.
  const share = (used * 1000) / (performance.now() - begin);
  expect(share).toBeGreaterThan(0.1);
  expect(share).toBeLessThan(0.375);
});
