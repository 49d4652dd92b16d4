import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** What libvirt and Open vSwitch keep outside of /run. */
const DIRECTORIES = [
  ...['/var/lib/libvirt', '/var/cache/libvirt', '/var/log/libvirt'],
  ...['/var/lib/openvswitch', '/var/log/openvswitch'],
];
const SETTINGS = ['/etc/libvirt', '/etc/openvswitch'];

/**
 * In the mount namespace of this process: empty directories for the daemons, and copies of their settings, so that they
 * run beside those of others and leave nothing.
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
}

/**
 * Ends what a failed test has left: processes of this network namespace that are neither this one nor its children. Does
 * nothing where that is the namespace of the machine.
 */
export function endOrphans(): void {
  if (networkOf('self') === networkOf('1')) return;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    if (isOrphanHere(pid)) process.kill(Number(pid), 'SIGKILL');
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
