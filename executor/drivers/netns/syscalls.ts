import koffi from 'koffi';
import { NetnsError, systemError } from './errors.ts';
import { mountsLimit, namespacesLimit } from './limits.ts';

/*
 * Functions of the C library without an equivalent in Node. Values are those of x86-64 and arm64, which agree on every
 * constant here.
 */

/** <sched.h> */
const CLONE_NEWNET = 0x4000_0000;
/** <sys/mount.h> */
const MS_BIND = 0x1000;
const MS_REC = 0x4000;
const MS_SHARED = 1 << 20;
const MNT_DETACH = 2;
const UMOUNT_NOFOLLOW = 8;
/** <linux/mount.h>; the system call's number is the same on every architecture since Linux 5.2. */
const SYS_OPEN_TREE = 428;
const OPEN_TREE_CLONE = 1;
const OPEN_TREE_CLOEXEC = 0o2_000_000;
/** <fcntl.h> */
const AT_FDCWD = -100;
const AT_SYMLINK_FOLLOW = 0x400;
/** <sys/file.h> */
const LOCK_EX = 2;
const LOCK_NB = 4;
/** <sys/socket.h>, <linux/netlink.h> */
const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2_000_000;
const NETLINK_ROUTE = 0;
const MSG_DONTWAIT = 0x40;
/** <poll.h>; a struct pollfd has eight bytes. */
const POLLIN = 1;
const POLLFD_BYTES = 8;
/** <sys/eventfd.h> */
const EFD_CLOEXEC = 0o2_000_000;
/** <errno.h> */
const EINTR = 4;
const EAGAIN = 11;
const EINVAL = 22;
const ENOSPC = 28;
const ENOBUFS = 105;

// The running program rather than a file name, so that both glibc and musl work.
const library = koffi.load(null);

interface Polling {
  (descriptors: Buffer, count: number, timeout: number): number;
  async(descriptors: Buffer, count: number, timeout: number, done: (error: unknown, result: number) => void): void;
}

const calls: {
  abort: () => void;
  setns: (descriptor: number, kind: number) => number;
  unshare: (flags: number) => number;
  mount: (source: string, target: string, type: string | null, flags: number, data: null) => number;
  umount2: (target: string, flags: number) => number;
  linkat: (fromDirectory: number, from: string, toDirectory: number, to: string, flags: number) => number;
  flock: (descriptor: number, operation: number) => number;
  openTree: (number: number, directory: number, path: string, flags: number) => number;
  socket: (family: number, type: number, protocol: number) => number;
  bind: (socket: number, address: Buffer, length: number) => number;
  setsockopt: (socket: number, level: number, option: number, value: Buffer, length: number) => number;
  send: (socket: number, data: Buffer, length: number, flags: number) => number;
  recv: (socket: number, data: Buffer, length: number, flags: number) => number;
  poll: Polling;
  eventfd: (value: number, flags: number) => number;
  close: (descriptor: number) => number;
} = {
  abort: library.func('void abort()'),
  setns: library.func('int setns(int, int)'),
  unshare: library.func('int unshare(int)'),
  mount: library.func('int mount(str, str, str, unsigned long, void *)'),
  umount2: library.func('int umount2(str, int)'),
  linkat: library.func('int linkat(int, str, int, str, int)'),
  flock: library.func('int flock(int, int)'),
  openTree: library.func('long syscall(long, int, str, unsigned int)'),
  socket: library.func('int socket(int, int, int)'),
  bind: library.func('int bind(int, void *, unsigned int)'),
  setsockopt: library.func('int setsockopt(int, int, int, void *, unsigned int)'),
  send: library.func('long send(int, void *, size_t, int)'),
  recv: library.func('long recv(int, void *, size_t, int)'),
  poll: library.func('int poll(void *, unsigned long, int)'),
  eventfd: library.func('int eventfd(unsigned int, int)'),
  close: library.func('int close(int)'),
};

function check(result: number, action: string): number {
  if (result < 0) throw systemError(koffi.errno(), action);
  return result;
}

/** Ends the process at once with SIGABRT. Node's own `process.abort` does not exist in a worker thread. */
export function abortProcess(): never {
  calls.abort();
  throw new Error('abort() returned');
}

/** Moves the calling thread into the network namespace that `descriptor` refers to; setns(2). */
export function enterNamespace(descriptor: number): void {
  check(calls.setns(descriptor, CLONE_NEWNET), 'enter a network namespace');
}

/** Moves the calling thread into a new network namespace; unshare(2). */
export function enterNewNamespace(action: string): void {
  if (calls.unshare(CLONE_NEWNET) === 0) return;
  const error = systemError(koffi.errno(), action);
  throw error.errno === 'ENOSPC' ? new NetnsError({ ...error.toFields(), ...namespacesLimit() }) : error;
}

/** Makes the mount at `path` shared, with what is mounted below it. False if `path` is not a mount point. */
export function makeShared(path: string): boolean {
  if (calls.mount('', path, 'none', MS_SHARED | MS_REC, null) === 0) return true;
  const errno = koffi.errno();
  if (errno === EINVAL) return false;
  throw systemError(errno, `share the mount ${path}`);
}

/** Bind-mounts a directory, with what is mounted below it, onto itself. */
export function bindOntoItself(path: string): void {
  check(calls.mount(path, path, 'none', MS_BIND | MS_REC, null), `mount ${path} onto itself`);
}

/** Bind-mounts the file `source` over the file `target`. Both may be links under /proc/self/fd. */
export function bindFile(source: string, target: string, action: string): void {
  if (calls.mount(source, target, null, MS_BIND, null) === 0) return;
  const errno = koffi.errno();
  throw systemError(errno, action, errno === ENOSPC ? mountsLimit() : undefined);
}

/** Detaches the topmost mount at `path`; it is freed when nothing uses it any more. */
export function detachMount(path: string): void {
  check(calls.umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW), `unmount ${path}`);
}

/** Gives the open file `descriptor` a name; EEXIST if the name is taken. */
export function linkDescriptor(descriptor: number, path: string): void {
  const source = `/proc/self/fd/${descriptor}`;
  check(calls.linkat(AT_FDCWD, source, AT_FDCWD, path, AT_SYMLINK_FOLLOW), `publish ${path}`);
}

/** Tries to take the exclusive lock of an open file, without waiting; false while another open file has it. flock(2) */
export function tryLock(descriptor: number): boolean {
  for (;;) {
    if (calls.flock(descriptor, LOCK_EX | LOCK_NB) === 0) return true;
    const errno = koffi.errno();
    if (errno === EAGAIN) return false;
    if (errno !== EINTR) throw systemError(errno, 'lock a file');
  }
}

/** A descriptor of `directory` without the mounts on its entries; open_tree(2). Close it with `closeDescriptor`. */
export function openWithoutMounts(directory: string): number {
  const flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC;
  return check(calls.openTree(SYS_OPEN_TREE, AT_FDCWD, directory, flags), `look below the mounts of ${directory}`);
}

/** A blocking rtnetlink socket of the namespace that the calling thread is in at this moment. */
export function openRouteSocket(): number {
  return check(calls.socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), 'open a netlink socket');
}

/** Binds a netlink socket to an address of the kernel's choosing: an unbound socket receives no multicasts. */
export function bindNetlink(socket: number): void {
  // struct sockaddr_nl of netlink(7): family, padding, port, groups.
  const address = Buffer.alloc(12);
  address.writeUInt16LE(AF_NETLINK, 0);
  check(calls.bind(socket, address, address.length), 'bind a netlink socket');
}

/** Sets a socket option; false if the kernel does not know or allow it. */
export function setSocketOption(socket: number, level: number, option: number, value: Buffer): boolean {
  return calls.setsockopt(socket, level, option, value, value.length) === 0;
}

/** Sends one datagram; the kernel has executed all netlink messages in it when this returns. */
export function send(socket: number, data: Buffer, action: string): void {
  check(calls.send(socket, data, data.length, 0), action);
}

/**
 * Receives one datagram.
 *
 * @returns its length in bytes, or null when the socket's receive timeout ran out
 */
export function receive(socket: number, into: Buffer, action: string): number | null {
  for (;;) {
    const length = calls.recv(socket, into, into.length, 0);
    if (length >= 0) return length;
    const errno = koffi.errno();
    if (errno === EAGAIN) return null;
    if (errno !== EINTR) throw systemError(errno, action);
  }
}

/**
 * Receives one datagram if there is one.
 *
 * @returns its length in bytes, `empty` when there is none, `overflow` when the kernel had to drop some
 */
export function receiveNow(socket: number, into: Buffer, action: string): number | 'empty' | 'overflow' {
  for (;;) {
    const length = calls.recv(socket, into, into.length, MSG_DONTWAIT);
    if (length >= 0) return length;
    const errno = koffi.errno();
    if (errno === EAGAIN) return 'empty';
    if (errno === ENOBUFS) return 'overflow';
    if (errno !== EINTR) throw systemError(errno, action);
  }
}

/** Waits until one of the descriptors is readable, or the time in milliseconds has passed. poll(2) */
export function waitReadable(descriptors: readonly number[], milliseconds: number, action: string): boolean[] {
  const polled = polling(descriptors);
  if (calls.poll(polled, descriptors.length, milliseconds) < 0) {
    const errno = koffi.errno();
    if (errno !== EINTR) throw systemError(errno, action);
  }
  return descriptors.map((_, place) => polled.readInt16LE(place * POLLFD_BYTES + 6) !== 0);
}

/** The same in a thread of Node's pool, which is blocked meanwhile. */
export async function untilReadable(
  descriptors: readonly number[],
  milliseconds: number,
  action: string,
): Promise<boolean[]> {
  const waited = Promise.withResolvers<Buffer>();
  const polled = polling(descriptors);
  // The buffer that the kernel writes into must live as long as the call: the callback holds it.
  calls.poll.async(polled, descriptors.length, milliseconds, () => waited.resolve(polled));
  await waited.promise;
  // `errno` was that of the other thread: the same failure occurs again here.
  return waitReadable(descriptors, 0, action);
}

function polling(descriptors: readonly number[]): Buffer {
  const polled = Buffer.alloc(descriptors.length * POLLFD_BYTES);
  for (const [place, descriptor] of descriptors.entries()) {
    polled.writeInt32LE(descriptor, place * POLLFD_BYTES);
    polled.writeInt16LE(POLLIN, place * POLLFD_BYTES + 4);
  }
  return polled;
}

/** A descriptor that becomes readable when eight bytes with a number are written to it; eventfd(2). */
export function openEvent(): number {
  return check(calls.eventfd(0, EFD_CLOEXEC), 'open an event descriptor');
}

/** Closes a descriptor that one of this module's functions opened. */
export function closeDescriptor(descriptor: number): void {
  calls.close(descriptor);
}
