import { chmodSync, chownSync, readFileSync, statSync } from 'node:fs';

const DEVICE = '/dev/kvm';
const GROUP = 'kvm';
const FOR_GROUP = 0o660;
const BY_OTHERS = 0o006;

/**
 * Lets group kvm, which QEMUs of libvirt run as, use KVM: what udev(7) does where it runs. Does nothing if the host has no
 * KVM, or if they may use it already. Returns what it has done, or null.
 * @param {string} device
 * @param {string} groups the file of group(5)
 * @returns {string | null}
 */
export function openKvmToGroup(device = DEVICE, groups = '/etc/group') {
  const status = statSync(device, { throwIfNoEntry: false });
  const group = new RegExp(`^${GROUP}:[^:]*:(\\d+):`, 'm').exec(readFileSync(groups, 'utf8'))?.[1];
  if (status === undefined || group === undefined) return null;
  if (permits(status.mode, BY_OTHERS)) return null;
  if (status.gid === Number(group) && permits(status.mode, FOR_GROUP)) return null;
  chownSync(device, status.uid, Number(group));
  chmodSync(device, FOR_GROUP);
  return `${device} may be used by group ${GROUP}`;
}

/**
 * @param {number} mode
 * @param {number} wanted
 */
function permits(mode, wanted) {
  return (mode & wanted) === wanted;
}
