import { readFileSync } from 'node:fs';
import koffi from 'koffi';

/* Values are those of x86-64 and arm64. */

/** <sched.h> */
const CLONE_NEWNS = 0x2_0000;
/** <sys/mount.h> */
const MS_BIND = 0x1000;
const MS_REC = 0x4000;
const MS_PRIVATE = 1 << 18;
const MS_SLAVE = 1 << 19;
const MNT_DETACH = 2;

const library = koffi.load(null);
const calls: {
  setns: (descriptor: number, kind: number) => number;
  unshare: (flags: number) => number;
  mount: (source: string, target: string, type: string, flags: number, data: string | null) => number;
  umount2: (target: string, flags: number) => number;
} = {
  setns: library.func('int setns(int, int)'),
  unshare: library.func('int unshare(int)'),
  mount: library.func('int mount(str, str, str, unsigned long, str)'),
  umount2: library.func('int umount2(str, int)'),
};

function check(result: number, action: string): void {
  if (result < 0) throw new Error(`${action}: error ${koffi.errno()} of the system`);
}

/**
 * Moves the calling thread into a copy of its mount namespace; unshare(2). What is mounted and unmounted in the original
 * is so in the copy, too, which thus keeps no file system in use; not the other way round: mount_namespaces(7).
 */
export function enterOwnMounts(): void {
  check(calls.unshare(CLONE_NEWNS), 'make a mount namespace');
  check(calls.mount('none', '/', 'none', MS_REC | MS_SLAVE, null), 'make the mounts followers');
}

/** Moves the calling thread into the mount namespace of `descriptor`; setns(2). */
export function enterMounts(descriptor: number): void {
  check(calls.setns(descriptor, CLONE_NEWNS), 'enter a mount namespace');
}

/** Nothing that is mounted below the directory, now or later, is in the calling thread's namespace. */
export function leaveOut(directory: string): void {
  // Refused if nothing is mounted there itself.
  calls.mount('none', directory, 'none', MS_PRIVATE, null);
  detachBelow(directory);
}

export function detachBelow(directory: string): void {
  const points = readFileSync('/proc/thread-self/mountinfo', 'utf8')
    .split('\n')
    .flatMap((line) => line.split(' ')[4] ?? []);
  for (const point of points.reverse()) {
    if (point.startsWith(`${directory}/`)) check(calls.umount2(point, MNT_DETACH), `unmount ${point}`);
  }
}

/** What is mounted below the source, too; mount(2), MS_BIND. */
export function bindMount(source: string, target: string): void {
  check(calls.mount(source, target, 'none', MS_BIND | MS_REC, null), `mount ${target}`);
}

/** overlayfs, with the options in the kernel's Documentation/filesystems/overlayfs.rst. */
export function mountOverlay(lower: string, upper: string, work: string, target: string): void {
  const options = `lowerdir=${lower},upperdir=${upper},workdir=${work}`;
  check(calls.mount('overlay', target, 'overlay', 0, options), `mount ${target}`);
}
