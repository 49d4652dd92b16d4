import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../../test/support/database.ts';
import { chooseDomainType, type KvmFacts, parseProcessor, readKvmFacts } from './kvm.ts';

const usable: KvmFacts = {
  deviceError: null,
  extension: 'vmx',
  isNested: false,
  guest: { ran: true, milliseconds: 120 },
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
      'no guest runs under KVM: it halted',
    ],
    [
      'a guest has not run in a virtual machine',
      { isNested: true, guest: { ran: false, detail: 'it halted' } },
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

it('without the device no guest is started', async () => {
  const facts = await readKvmFacts({ device: join(temporaryDirectory(), 'kvm'), emulator: '/nowhere/emulator' });
  expect(facts).toMatchObject({ deviceError: 'ENOENT', guest: null });
});

it('with a device that opens, one is started', async () => {
  const facts = await readKvmFacts({ device: '/dev/null', emulator: '/nowhere/emulator' });
  expect(facts).toMatchObject({ deviceError: null, guest: { ran: false, detail: expect.stringContaining('ENOENT') } });
});
