import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { capabilitiesSchema, technologies } from '../../schema/api/capabilities.ts';
import { temporaryDirectory } from '../../test/support/database.ts';
import { capabilities, type Found, findTechnologies, runtimes } from './capabilities.ts';
import { findInstalled, parseVersion } from './installed.ts';
import { listsModule } from './kernel-modules.ts';

const none: Found = { containers: null, frr: null, netem: null };
const drivers = {
  netns: { available: true, version: null },
  spp: { available: false, reason: 'the port is taken' },
} as const;

describe('capabilities', () => {
  it('report for each technology its version, or why it is missing', () => {
    const found = { ...none, netem: { version: '6.1.0' }, frr: { version: null } };
    const all = capabilities(drivers, found);
    expect(Object.keys(all)).toEqual([...technologies]);
    expect(v.parse(capabilitiesSchema, all)).toEqual(all);
    const reason = 'this version of weft does not manage it yet';
    expect(all).toMatchObject({
      libvirt: { available: false, reason: `${reason}, and the host does not have it` },
      netns: { available: true },
      spp: { available: false, reason: 'the port is taken' },
    });
    expect(all.netem).toEqual({ available: false, reason, version: '6.1.0' });
    expect(all.frr).toEqual({ available: false, reason });
  });

  it('are detected on this host', async () => {
    expect(Object.keys(await findTechnologies()).sort()).toEqual(Object.keys(none).sort());
  });

  it('name every container runtime', () => {
    expect(
      runtimes([
        { program: 'lxc-start', version: '5.0.2' },
        { program: 'dockerd', version: '28.2.2' },
        { program: 'podman', version: null },
      ]),
    ).toEqual({ version: 'lxc 5.0.2, docker 28.2.2, podman' });
    expect(runtimes([])).toBeNull();
  });
});

describe('a program of the host', () => {
  function programs(texts: Record<string, string>): string {
    const directory = temporaryDirectory();
    for (const [name, text] of Object.entries(texts)) {
      writeFileSync(join(directory, name), `#!/bin/sh\n${text}\n`);
      chmodSync(join(directory, name), 0o755);
    }
    return directory;
  }

  it('is detected with its version, without one if it reports none, and not if it is missing', async () => {
    const directory = programs({ good: 'echo "good (Good) 9.0.0"', bad: 'exit 1', mute: ':' });
    writeFileSync(join(directory, 'text'), 'no program');
    expect(await findInstalled(['good', 'bad', 'mute', 'text', 'absent'], ['/nowhere', directory])).toEqual([
      { program: 'good', version: '9.0.0' },
      { program: 'bad', version: null },
      { program: 'mute', version: null },
    ]);
  });

  it('that does not answer is not waited for', async () => {
    const directory = programs({ slow: 'exec sleep 3600' });
    expect(await findInstalled(['slow'], [directory], 100)).toEqual([{ program: 'slow', version: null }]);
  });

  it.each([
    ['libvirtd (libvirt) 9.0.0', '9.0.0'],
    ['ovs-vswitchd (Open vSwitch) 3.1.0', '3.1.0'],
    ['Docker version 28.2.2, build e6534b4', '28.2.2'],
    ['Docker version 20.10.24+dfsg1, build 297e128', '20.10.24+dfsg1'],
    ['podman version 4.3.1', '4.3.1'],
    ['5.0.2', '5.0.2'],
    ['zebra version 8.4.4', '8.4.4'],
    ['v1.2', '1.2'],
    ['usage: thing', null],
  ])('with the output %j', (text, version) => {
    expect(parseVersion(text)).toBe(version);
  });
});

describe('a kernel module', () => {
  it.each([
    ['kernel/net/sched/sch_tbf.ko\nkernel/net/sched/sch_netem.ko\n', true],
    ['kernel/net/sched/sch_netem.ko.xz: kernel/a.ko\n', true],
    ['kernel/net/sched/my_sch_netem.ko\nkernel/b.ko: kernel/net/sched/sch_netem_other.ko\n', false],
    ['', false],
  ])('is among %j: %s', (text, wanted) => {
    expect(listsModule(text, 'sch_netem')).toBe(wanted);
  });
});
