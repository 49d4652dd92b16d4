import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../../test/support/database.ts';
import { chooseDomainType, type KvmFacts, kvmDeadlineMs, parseProcessor, readKvmFacts } from './kvm.ts';

const usable: KvmFacts = {
  deviceError: null,
  extension: 'vmx',
  isNested: false,
  guest: { ran: true, milliseconds: 120 },
  emulated: { ran: true, milliseconds: 200 },
};

describe('domains are emulated unless a guest has run under KVM', () => {
  it.each<[string, Partial<KvmFacts>, string, string]>([
    ['a guest has run', {}, 'kvm', 'a guest ran under KVM in 120 ms'],
    ['also in a virtual machine', { isNested: true }, 'kvm', 'a guest ran under KVM in 120 ms'],
    ['also if the flags do not say so', { extension: null }, 'kvm', 'a guest ran under KVM in 120 ms'],
    [
      'a guest has not run',
      { guest: { ran: false, detail: 'it halted' } },
      'qemu',
      'no guest runs under KVM: it halted; under emulation it took 200 ms',
    ],
    [
      'a guest has not run in a virtual machine, nor under emulation',
      {
        isNested: true,
        guest: { ran: false, detail: 'it halted' },
        emulated: { ran: false, detail: 'nothing is emulated' },
      },
      'qemu',
      'no guest runs under KVM in this host, which is a virtual machine itself: it halted',
    ],
    ['no guest was started', { guest: null }, 'qemu', 'no guest was started under KVM'],
    [
      'no module',
      { deviceError: 'ENOENT', guest: null },
      'qemu',
      'this host has no /dev/kvm: the module of the kernel is not loaded',
    ],
    [
      'no extension',
      { deviceError: 'ENOENT', extension: null, guest: null },
      'qemu',
      'this host has no /dev/kvm: its processor has no virtualisation, or the firmware disables it',
    ],
    [
      'a virtual machine without nesting',
      { deviceError: 'ENOENT', extension: null, isNested: true, guest: null },
      'qemu',
      'this host has no /dev/kvm: it is a virtual machine without nested virtualisation',
    ],
    ['not permitted', { deviceError: 'EACCES', guest: null }, 'qemu', '/dev/kvm cannot be opened: EACCES'],
    ['the device was lost meanwhile', { deviceError: 'ENXIO' }, 'qemu', '/dev/kvm cannot be opened: ENXIO'],
  ])('%s', (_, facts, type, reason) => {
    expect(chooseDomainType({ ...usable, ...facts })).toEqual({ type, reason });
  });
});

it.each([
  ['flags\t\t: fpu vmx sse\n', { extension: 'vmx', isNested: false }],
  ['processor\t: 0\nflags\t\t: fpu svm hypervisor\nbugs\t\t: vmx\n', { extension: 'svm', isNested: true }],
  ['flags\t\t: fpu hypervisor\nvmx flags\t: vnmi\n', { extension: null, isNested: true }],
  ['', { extension: null, isNested: false }],
] as const)('of %j', (cpuinfo, expected) => {
  expect(parseProcessor(cpuinfo)).toEqual(expected);
});

it('a guest under KVM gets the least time, or on a busy machine four times what emulation took', () => {
  expect(kvmDeadlineMs({ ran: true, milliseconds: 200 }, 3_000)).toBe(3_000);
  expect(kvmDeadlineMs({ ran: true, milliseconds: 2_000 }, 3_000)).toBe(8_000);
  expect(kvmDeadlineMs({ ran: false, detail: 'no such program' }, 3_000)).toBe(3_000);
});

it('without the device no guest is started', async () => {
  const facts = await readKvmFacts({ device: join(temporaryDirectory(), 'kvm'), emulator: '/nowhere/emulator' });
  expect(facts).toMatchObject({ deviceError: 'ENOENT', guest: null });
});

describe('a guest that KVM runs', () => {
  /** A stand-in for QEMU whose guest does not end under KVM. */
  function emulator(emulated: string): string {
    const file = join(temporaryDirectory(), 'emulator');
    const script = `test "$2" = kvm && exec sleep 600\n${emulated}\n`;
    writeFileSync(file, `#!/bin/sh\n${script}`, { mode: 0o755 });
    return file;
  }
  const device = '/dev/null';

  it('much slower than emulation has not run', async () => {
    const facts = await readKvmFacts({ device, leastMs: 50, emulator: emulator('echo real long timer; exit 85') });
    expect(facts.emulated).toEqual({ ran: true, milliseconds: expect.any(Number) });
    expect(chooseDomainType({ ...facts, isNested: true })).toEqual({
      type: 'qemu',
      reason: expect.stringMatching(
        /^no guest runs under KVM in this host, which is .*: the guest has not ended within \d+ ms, .* took \d+ ms$/,
      ),
    });
  });
});

it('with a device that opens, one is started', async () => {
  const facts = await readKvmFacts({ device: '/dev/null', emulator: '/nowhere/emulator' });
  expect(facts).toMatchObject({ deviceError: null, guest: { ran: false, detail: expect.stringContaining('ENOENT') } });
});
