import { chmodSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryDirectory } from '../../test/support/database.ts';
import { openKvmToGroup } from './kvm-device.mjs';

/** One of those that this process may give a file to. */
const GROUP = process.getgid?.() ?? 0;

/** A file in place of the device, and one in place of group(5). */
function host(mode: number, group = GROUP): { readonly device: string; readonly groups: string } {
  const directory = temporaryDirectory();
  const [device, groups] = [join(directory, 'kvm'), join(directory, 'group')];
  writeFileSync(device, '');
  chmodSync(device, mode);
  writeFileSync(groups, `root:x:0:\nkvm2:x:1:\nkvm:x:${group}:somebody\n`);
  return { device, groups };
}

const modeOf = (device: string) => statSync(device).mode & 0o777;

it('a device of its owner alone is opened to the group', () => {
  const { device, groups } = host(0o600);
  expect(openKvmToGroup(device, groups)).toBe(`${device} may be used by group kvm`);
  expect([modeOf(device), statSync(device).gid]).toEqual([0o660, GROUP]);
  expect(openKvmToGroup(device, groups)).toBeNull();
});

it.each([0o660, 0o666, 0o606])('one with mode %o, which permits it already, stays as it is', (mode) => {
  const { device, groups } = host(mode);
  expect(openKvmToGroup(device, groups)).toBeNull();
  expect(modeOf(device)).toBe(mode);
});

it('without a device, or without the group, there is nothing to do', () => {
  const { device, groups } = host(0o600);
  expect(openKvmToGroup(`${device}2`, groups)).toBeNull();
  writeFileSync(groups, 'root:x:0:\n');
  expect(openKvmToGroup(device, groups)).toBeNull();
  expect(modeOf(device)).toBe(0o600);
});
