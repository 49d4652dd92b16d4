import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmdirSync } from 'node:fs';
import { until } from './until.ts';

/** What libvirt and Open vSwitch keep outside of /run. */
const DIRECTORIES = [
  ...['/var/lib/libvirt', '/var/cache/libvirt', '/var/log/libvirt'],
  ...['/var/lib/openvswitch', '/var/log/openvswitch'],
];
const SETTINGS = ['/etc/libvirt', '/etc/openvswitch'];

const KVM = '/dev/kvm';

/**
 * In the mount namespace of this process: empty directories for the daemons, and copies of their settings and of the
 * device of KVM, so that they run beside those of others and leave nothing.
 */
export function separateDaemonDirectories(): void {
  for (const directory of DIRECTORIES) {
    mkdirSync(directory, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', directory]);
  }
  for (const directory of SETTINGS) {
    const copy = `/run/settings${directory}`;
    cpSync(directory, copy, { recursive: true, verbatimSymlinks: true });
    execFileSync('mount', ['--bind', copy, directory]);
  }
  if (!existsSync(KVM)) return;
  execFileSync('cp', ['--archive', KVM, '/run/settings/kvm']);
  execFileSync('mount', ['--bind', '/run/settings/kvm', KVM]);
}

/**
 * Ends what a failed test has left: processes of this network namespace that are neither this one nor its children. Does
 * nothing where this process shares it with the one that has started it.
 */
export function endOrphans(): void {
  if (networkOf('self') === networkOf(String(process.ppid))) return;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    if (isOrphanHere(pid)) process.kill(Number(pid), 'SIGKILL');
  }
}

/** Removes the control groups of a guest that libvirtd did not destroy, as soon as they have no processes. */
export async function removeGuestGroups(guest: string): Promise<void> {
  const groups = () => globSync(`/sys/fs/cgroup/{,*/}machine/qemu-*-${guest}.libvirt-qemu`);
  await until(`the control groups of ${guest} are removed`, () => {
    for (const group of groups()) {
      for (const each of [...globSync(`${group}/*/`), group]) removeEmpty(each);
    }
    return groups().length === 0;
  });
}

function removeEmpty(group: string): void {
  try {
    rmdirSync(group);
  } catch {
    // A process of it has not ended yet.
  }
}

function isOrphanHere(pid: string): boolean {
  try {
    const parent = /^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    const isHere = networkOf(pid) === networkOf('self');
    return isHere && Number(pid) !== process.pid && Number(parent) !== process.pid;
  } catch {
    // It has ended.
    return false;
  }
}

function networkOf(pid: string): string {
  return readlinkSync(`/proc/${pid}/ns/net`);
}
