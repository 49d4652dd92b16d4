import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { CAPABILITIES } from '../../executor/drivers/oci/bundle/process.ts';
import { ContainerStage, type Wish } from '../support/containers/stage.ts';
import { copyProgram } from '../support/containers/tools.ts';
import { temporaryDirectory } from '../support/database.ts';
import { namespaces } from '../support/host.ts';
import { shared } from '../support/shared.ts';

const IMAGE_CONFIG = [
  ...['--config.entrypoint', '/bin/sleep', '--config.cmd', '600'],
  ...['--config.env', 'PLACE=image', '--config.env', 'KEPT=yes', '--config.user', 'web', '--config.workingdir', '/srv'],
];

/** Of every capability set: bits of linux/capability.h for {@link CAPABILITIES}. */
const CAPABILITY_MASK = '00000000a80425fb';

interface Inside {
  readonly stage: ContainerStage;
  /** Contains `roots/shared`, which may be mounted, `outside`, and links between them. */
  readonly directory: string;
}

const inside = shared<Inside>(async () => {
  const directory = temporaryDirectory();
  const roots = join(directory, 'roots');
  for (const name of ['roots/shared', 'outside']) {
    mkdirSync(join(directory, name), { recursive: true });
    writeFileSync(join(directory, name, 'file'), `${name}\n`);
  }
  symlinkSync(join(directory, 'outside'), join(roots, 'out'));
  symlinkSync('shared', join(roots, 'within'));
  const stage = await ContainerStage.start({
    image: { command: [], config: IMAGE_CONFIG },
    config: { mount_roots: roots },
  });
  return { stage, directory };
});

/** Sets a flag of personality(2), which no capability is needed for, and runs the rest. */
const SETARCH = 'setarch';
const FLAG = '--addr-no-randomize';

/** What the first process is and runs as. */
async function firstProcess(name: string) {
  const { stage } = inside();
  const lines = await stage.inside(
    name,
    `tr() { /bin/busybox tr "$@"; }
     tr '\\0' ' ' < /proc/1/cmdline; echo
     /bin/busybox readlink /proc/1/cwd
     /bin/busybox grep -E '^(Uid|Gid):' /proc/1/status | tr '\\t\\n' '  '; echo
     tr '\\0' ' ' < /proc/1/environ`,
  );
  const [command, directory, ids, environment = ''] = lines.split('\n');
  return { command: command?.trim(), directory, ids: ids?.trim(), environment: environment.trim().split(' ').sort() };
}

describe('the first process of a container', () => {
  it('is what the image says', async () => {
    await inside().stage.put('plain');
    expect(await firstProcess('plain')).toEqual({
      command: '/bin/sleep 600',
      directory: '/srv',
      ids: 'Uid: 33 33 33 33 Gid: 33 33 33 33',
      environment: [
        ...['HOME=/srv', 'HOSTNAME=plain', 'KEPT=yes', 'PLACE=image'],
        'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      ].sort(),
    });
  });

  it('is what a request says, where it says anything', async () => {
    const { stage } = inside();
    await stage.put('own', { command: ['601'], env: ['PLACE=request', 'MORE=a=b'], user: '12:34' });
    const first = await firstProcess('own');
    expect(first).toMatchObject({
      command: '/bin/sleep 601',
      directory: '/srv',
      ids: 'Uid: 12 12 12 12 Gid: 34 34 34 34',
    });
    expect(first.environment).toEqual(expect.arrayContaining(['KEPT=yes', 'PLACE=request', 'MORE=a=b']));
    await stage.put('own', { entrypoint: ['/bin/busybox', 'sleep'], command: ['602'], workdir: '/tmp', user: 'root' });
    expect(await firstProcess('own')).toMatchObject({ command: '/bin/busybox sleep 602', directory: '/tmp' });
  });
});

describe('a container is confined', () => {
  beforeAll(async () => {
    const { stage, directory } = inside();
    const tools = join(directory, 'roots/tools');
    copyProgram(SETARCH, tools);
    await stage.put('confined', { user: 'root', mounts: [{ source: tools, target: '/tools', readonly: true }] });
  });

  it('to the capabilities of Docker, without a way to more, under a filter of system calls', async () => {
    const { stage } = inside();
    const status = await stage.inside('confined', "/bin/busybox grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/1/status");
    const found = Object.fromEntries(status.split('\n').map((line) => line.split(':\t')));
    expect(CAPABILITIES).toHaveLength(14);
    expect(found).toMatchObject({ CapPrm: CAPABILITY_MASK, CapEff: CAPABILITY_MASK, CapBnd: CAPABILITY_MASK });
    expect(found).toMatchObject({ CapAmb: '0000000000000000', NoNewPrivs: '1', Seccomp: '2' });
  });

  it('to the system calls of the filter, also where no capability is needed', async () => {
    const withoutAny = ['--bounding-set=-all', '--inh-caps=-all', '--no-new-privs'];
    execFileSync('setpriv', [...withoutAny, SETARCH, FLAG, 'true'], { stdio: ['ignore', 'ignore', 'pipe'] });
    const run = (flags: string) => `/tools/loader --library-path /tools /tools/${SETARCH} ${flags} /bin/busybox true`;
    const { stage } = inside();
    await stage.inside('confined', run('$(/bin/busybox uname -m)'));
    await expect(stage.inside('confined', run(FLAG))).rejects.toThrow('failed to set personality');
  });

  it('to files of the kernel that tell nothing of the host, and cannot be written', async () => {
    const { stage } = inside();
    const read = (path: string) => stage.inside('confined', `cat ${path} | /bin/busybox wc -c`);
    expect(await read('/proc/kcore')).toBe('0');
    expect(
      await stage.inside('confined', 'ls -A /sys/firmware /proc/scsi 2> /dev/null | /bin/busybox grep -v :$ || true'),
    ).toBe('');
    const refused =
      'if echo 1 > /proc/sys/kernel/panic; then exit 1; fi; if echo b > /proc/sysrq-trigger; then exit 1; fi; exit 0';
    await stage.inside('confined', `{ ${refused}; } 2> /dev/null`);
    await stage.inside('confined', 'if /bin/busybox mount -t tmpfs none /tmp 2> /dev/null; then exit 1; fi');
  });

  it('but a user other than root may ping and serve any port, as in Docker', async () => {
    const { stage } = inside();
    await stage.put('user', { user: '33:33' });
    const settings = 'cd /proc/sys/net/ipv4; cat ping_group_range ip_unprivileged_port_start';
    expect(await stage.inside('user', settings)).toBe('0\t2147483647\n0');
    await stage.remove('user');
  });

  it('to processes of its own, and has no others', async () => {
    const { stage } = inside();
    const processes = await stage.inside('confined', 'ls /proc | /bin/busybox grep -c "^[0-9]"');
    expect(Number(processes)).toBeLessThan(8);
  });
});

describe('weft makes the files of a container', () => {
  it('that name it and its address', async () => {
    const { stage } = inside();
    await stage.must('PUT', '/cen/lan');
    await stage.must('POST', '/cin/import', { net: ['lan'] });
    for (const path of ['/cin/make', '/cen/make']) {
      await stage.must('POST', path, [path === '/cin/make' ? 'net' : 'lan']);
    }
    await stage.must('PUT', '/host/host1/named/lan');
    await stage.put('named', { user: 'root' });
    expect(await stage.inside('named', 'hostname; cat /etc/hostname')).toBe('named\nnamed');
    const { ipaddresses } = await stage.get('named');
    expect(ipaddresses).toHaveLength(1);
    const [address = ''] = ipaddresses[0]?.split('/') ?? [];
    expect(await stage.inside('named', 'cat /etc/hosts')).toBe(
      `127.0.0.1 localhost\n::1 localhost ip6-localhost\n${address} named`,
    );
    expect(await stage.inside('named', 'ping -c 1 -W 1 named > /dev/null && echo reached')).toBe('reached');
    expect(await stage.inside('named', 'cat /etc/resolv.conf')).not.toMatch(/nameserver 127\./);
  });
});

describe('a container mounts directories of the host', () => {
  const path = (name: string) => join(inside().directory, name);

  it('that are below a root, also through a link that stays there, for reading alone if it says so', async () => {
    const { stage } = inside();
    const mounts = [
      { source: path('roots/shared'), target: '/data' },
      { source: path('roots/within'), target: '/fixed', readonly: true },
    ];
    await stage.put('mounting', { mounts, user: 'root' });
    expect(await stage.inside('mounting', 'cat /data/file /fixed/file')).toBe('roots/shared\nroots/shared');
    expect(await stage.inside('mounting', 'echo new > /data/new; cat /fixed/new')).toBe('new');
    await stage.inside('mounting', 'if touch /fixed/more 2> /dev/null; then exit 1; fi');
  });

  it('and no others: such a request leaves nothing', async () => {
    const { stage } = inside();
    const cases: [name: string, reason: string][] = [
      ['outside', 'is below none of the mount_roots'],
      ['roots/out', `leads to ${path('outside')}, which is below none of the mount_roots`],
      ['roots-beside', 'does not exist'],
      ['roots/missing', 'does not exist'],
    ];
    for (const [name, reason] of cases) {
      await expectRefused({ mounts: [{ source: path(name), target: '/data' }] }, `${path(name)} ${reason}`);
    }
    await stage.must('PATCH', '/hypervisors/host1/config', { mount_roots: '' });
    await expectRefused({ mounts: [{ source: path('roots/shared'), target: '/data' }] }, 'is below none');
  });

  async function expectRefused(wish: Wish, reason: string): Promise<void> {
    const { weft, image } = inside().stage;
    const { status, body } = await weft.request('PUT', '/host/host1/refused', { image, ...wish });
    expect({ status, body }).toMatchObject({ status: 422, body: { detail: expect.stringContaining(reason) } });
    expect((await weft.request('GET', '/host/host1/refused')).status).toBe(404);
    expect(namespaces()).not.toContain('refused');
  }
});
