import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../../test/support/database.ts';
import { RUNC_PATHS } from '../drivers/oci/host-programs.ts';
import { missingPackages } from './host-packages.mjs';
import { whileLocked, withLock } from './lock.mjs';
import { packagesInstalled } from './node-packages.mjs';
import { jobs } from './technologies.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** A clone in which nothing is installed. */
function freshClone(): string {
  const clone = temporaryDirectory();
  mkdirSync(join(clone, 'executor'));
  cpSync(join(root, 'executor/setup'), join(clone, 'executor/setup'), { recursive: true });
  for (const file of ['package.json', 'package-lock.json']) cpSync(join(root, file), join(clone, file));
  return clone;
}

/** A stand-in for npm, first on the PATH that it returns: it installs a link to Node and runs the script. */
function npm(clone: string, script: string): string {
  const programs = join(clone, 'programs');
  mkdirSync(programs, { recursive: true });
  const node = `mkdir -p node_modules/.bin; ln -sf ${process.execPath} node_modules/.bin/node`;
  writeFileSync(join(programs, 'npm'), `#!/bin/sh\n${node}\n${script}\n`, { mode: 0o755 });
  return `${programs}:${process.env.PATH}`;
}

function setUp(
  clone: string,
  job: string,
  mode: string,
  path = process.env.PATH ?? '',
): { status: number | null; output: string; errors: string } {
  const run = spawnSync(process.execPath, [join(clone, 'executor/setup/setup.mjs'), job], {
    encoding: 'utf8',
    env: { ...process.env, PATH: path, WEFT_SETUP: mode },
  });
  return { status: run.status, output: run.stdout, errors: run.stderr };
}

describe('set-up', () => {
  it('with check only reports what is missing, and with off does nothing', () => {
    const clone = freshClone();
    const check = setUp(clone, 'start', 'check');
    expect(check).toMatchObject({
      status: 1,
      output: '',
      errors: expect.stringContaining('packages of package-lock.json are not installed'),
    });
    expect(setUp(clone, 'start', 'off')).toEqual({ status: 0, output: '', errors: '' });
    expect(packagesInstalled(clone, false)).toBe(false);
  });

  it('names the invalid variable, and the unknown job', () => {
    const clone = freshClone();
    expect(setUp(clone, 'start', 'perhaps')).toEqual({
      status: 2,
      output: '',
      errors: 'set-up: WEFT_SETUP: "perhaps" is not one of auto, check, off\n',
    });
    expect(setUp(clone, 'dance', 'auto')).toMatchObject({
      status: 2,
      errors: expect.stringContaining('unknown job dance; known: start'),
    });
  });

  it('compares the installation with the lockfile: a change of it, or of the required set, is detected', () => {
    const clone = freshClone();
    expect(setUp(clone, 'sql', 'auto', npm(clone, 'exit 0'))).toMatchObject({ status: 0, output: '' });
    expect([packagesInstalled(clone, false), packagesInstalled(clone, true)]).toEqual([true, false]);
    writeFileSync(join(clone, 'package-lock.json'), '{}');
    expect(packagesInstalled(clone, false)).toBe(false);
  });

  it('starts from scratch after npm was killed, which leaves partial packages', () => {
    const clone = freshClone();
    const half = join(clone, 'node_modules/half');
    const killed = setUp(clone, 'sql', 'auto', npm(clone, `touch ${half}; kill -KILL $$`));
    expect(killed).toMatchObject({ status: 1, errors: expect.stringContaining('npm was killed') });
    expect([existsSync(half), packagesInstalled(clone, false)]).toEqual([true, false]);
    expect(setUp(clone, 'sql', 'auto', npm(clone, 'exit 0'))).toMatchObject({ status: 0 });
    expect([existsSync(half), packagesInstalled(clone, false)]).toEqual([false, true]);
  });

  it('reports npm’s error, and keeps what was installed before', () => {
    const clone = freshClone();
    setUp(clone, 'sql', 'auto', npm(clone, 'exit 0'));
    const failed = setUp(clone, 'bench', 'auto', npm(clone, 'echo no network >&2; exit 1'));
    expect(failed).toMatchObject({ status: 1, errors: expect.stringContaining('npm install failed:\nno network\n') });
    expect(setUp(clone, 'sql', 'auto')).toEqual({ status: 0, output: '', errors: '' });
  });

  it('keeps installed packages for development', () => {
    const clone = freshClone();
    const fake = npm(clone, `mkdir -p node_modules/vitest; echo "$@" > arguments`);
    setUp(clone, 'sql', 'auto', fake);
    expect(readFileSync(join(clone, 'arguments'), 'utf8')).toContain('--omit=dev');
    writeFileSync(join(clone, 'package-lock.json'), '{}');
    setUp(clone, 'sql', 'auto', fake);
    expect(readFileSync(join(clone, 'arguments'), 'utf8')).toContain('--include=dev');
    expect(packagesInstalled(clone, true)).toBe(true);
  });

  it('compiles long-running jobs, once for each state of the sources', () => {
    const clone = freshClone();
    const source = join(clone, 'functions/app.ts');
    for (const directory of ['functions', 'schema']) mkdirSync(join(clone, directory));
    for (const file of [source, join(clone, 'start.ts')]) writeFileSync(file, '');
    const compile = () => setUp(clone, 'functions', 'auto', npm(clone, 'exit 0'));
    expect(compile()).toMatchObject({ status: 0, errors: expect.stringContaining('set-up: compiling weft …\n') });
    expect(compile()).toEqual({ status: 0, output: '', errors: '' });
    const later = new Date(Date.now() + 1_000);
    utimesSync(source, later, later);
    expect(compile().errors).toMatch(/^set-up: compiling weft …\nset-up: done in \S+ s\n$/);
  });

  it('prints nothing if there is nothing to do', () => {
    expect(setUp(root, 'sql', 'auto')).toEqual({ status: 0, output: '', errors: '' });
  });
});

describe('missingPackages', () => {
  it('finds programs on PATH and where Debian keeps them', () => {
    expect(missingPackages([], { path: '' })).toEqual([]);
    expect(missingPackages(['test'], { path: '/nowhere' })).not.toContain('util-linux');
  });
});

describe('the job containers', () => {
  const files = [
    ...[['skopeo', 'usr/bin/skopeo'] as const, ['umoci', 'usr/bin/umoci'] as const, ['runc', 'usr/sbin/runc'] as const],
    ...[['conmon', 'usr/bin/conmon'] as const],
    ['golang-github-containers-common', 'usr/share/containers/seccomp.json'] as const,
  ];
  const names = files.map(([name]) => name);

  /** A root directory with these files alone. */
  function host(installed: readonly string[]): string {
    const made = temporaryDirectory();
    for (const file of installed) {
      mkdirSync(dirname(join(made, file)), { recursive: true });
      writeFileSync(join(made, file), '', { mode: 0o755 });
    }
    return made;
  }

  const missing = (root: string, path = '') => missingPackages(jobs.containers?.technologies ?? [], { root, path });

  it('installs what runs images on a host that has nothing of it', () => {
    expect(jobs.containers?.development).toBe(false);
    expect(missing(host([]))).toEqual(names);
    expect(missing(host(files.map(([, file]) => file)))).toEqual([]);
  });

  it.each(files)('installs %s on a host that lacks %s alone', (name, file) => {
    const others = files.map(([, other]) => other).filter((other) => other !== file);
    expect(missing(host(others))).toEqual([name]);
  });

  it('accepts programs on PATH, but for those that weft starts from where packages have them', () => {
    const own = host(names.map((name) => `opt/${name}`));
    expect(missing(own, join(own, 'opt'))).toEqual(['runc', 'conmon', 'golang-github-containers-common']);
    const others = files.map(([, file]) => file).filter((file) => file !== 'usr/sbin/runc');
    for (const runc of RUNC_PATHS) expect(missing(host([...others, runc]))).toEqual([]);
  });

  it('with check names what it would install, and installs nothing', () => {
    const clone = freshClone();
    setUp(clone, 'sql', 'auto', npm(clone, 'exit 0'));
    const expected = missingPackages(['containers']);
    expect(setUp(clone, 'containers', 'check')).toEqual({
      ...{ status: 0, output: '' },
      errors:
        expected.length === 0
          ? ''
          : `set-up: missing: ${expected.join(' ')}; WEFT_SETUP=auto installs them, or apt-get install\n`,
    });
  });
});

describe('the jobs compute, ovs and all', () => {
  it.each([
    ['ovs', ['usr/sbin/ovs-vswitchd'], ['openvswitch-switch']],
    [
      'compute',
      [
        ...['usr/sbin/libvirtd', 'etc/libvirt/libvirtd.conf', 'usr/bin/qemu-system-x86_64', 'usr/bin/qemu-img'],
        ...['usr/bin/tini', 'usr/sbin/ovs-vswitchd'],
      ],
      ['libvirt-daemon', 'libvirt-daemon-system', 'qemu-system-x86', 'qemu-utils', 'tini', 'openvswitch-switch'],
    ],
  ])('%s installs what is missing', (name, installed, packages) => {
    const host = temporaryDirectory();
    const missing = () => missingPackages(jobs[name]?.technologies ?? [], { root: host, path: '' });
    expect(missing()).toEqual(packages);
    for (const file of installed) {
      mkdirSync(dirname(join(host, file)), { recursive: true });
      writeFileSync(join(host, file), '', { mode: 0o755 });
    }
    expect(missing()).toEqual([]);
  });

  it('starts the daemons, and that of the tests does not', () => {
    const starting = Object.entries(jobs).filter(([, { starts }]) => starts !== undefined);
    expect(starting.map(([name, { starts }]) => [name, starts])).toEqual([
      ['compute', ['compute', 'ovs']],
      ['ovs', ['ovs']],
      ['all', ['compute', 'ovs']],
    ]);
  });
});

describe('whileLocked', () => {
  it('has one task after the other, also if one fails', async () => {
    const directory = temporaryDirectory();
    const order: string[] = [];
    const first = whileLocked(directory, async () => {
      order.push('first begins');
      await new Promise((resolve) => setImmediate(resolve));
      order.push('first fails');
      throw new Error('failed');
    });
    const second = whileLocked(directory, async () => order.push('second'));
    await expect(first).rejects.toThrow('failed');
    await second;
    const whole = order.indexOf('first fails') - order.indexOf('first begins');
    expect([whole, order.length, readdirSync(directory)]).toEqual([1, 3, []]);
  });
});

describe('withLock', () => {
  it('waits for the other set-up, and recovers when that one is killed', async () => {
    const directory = temporaryDirectory();
    const program = `import { withLock } from '${join(root, 'executor/setup/lock.mjs')}';
      withLock('${directory}', () => {}, () => { console.log('inside'); process.kill(process.pid, 'SIGSTOP'); });`;
    const other = spawn(process.execPath, ['--input-type=module', '--eval', program]);
    await once(other.stdout, 'data');
    const waited = withLock(
      directory,
      () => other.kill('SIGKILL'),
      () => 'ours',
    );
    expect(waited).toBe('ours');
    expect(readdirSync(directory)).toEqual([]);
  });

  it('is held by the processes that the task has started, until they end', async () => {
    const directory = temporaryDirectory();
    const heir = withLock(
      directory,
      () => {},
      (lock) => spawn('cat', { stdio: ['pipe', 'ignore', 'ignore', lock] }),
    );
    const waits: string[] = [];
    withLock(
      directory,
      () => {
        waits.push('waits');
        heir.kill('SIGKILL');
      },
      () => waits.push('enters'),
    );
    expect(waits).toEqual(['waits', 'enters']);
  });
});
