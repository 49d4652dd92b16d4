import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';

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
