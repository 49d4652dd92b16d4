import { closeSync, fstatSync, openSync } from 'node:fs';
import { refusal } from './errors.ts';
import { RouteSocket } from './netlink/socket.ts';
import { abortProcess, enterNamespace, enterNewNamespace } from './syscalls.ts';

/*
 * The network namespace of the worker thread. The thread leaves the host's only in one synchronous section, to open a
 * socket elsewhere, or to read; changes go through a socket, which stays in the namespace in which it was opened.
 */

const OWN_NAMESPACE = '/proc/thread-self/ns/net';

/** A network namespace: a descriptor of it, and a socket inside it. */
export class Namespace implements Disposable {
  readonly descriptor: number;
  readonly socket: RouteSocket;

  constructor(descriptor: number, socket: RouteSocket) {
    this.descriptor = descriptor;
    this.socket = socket;
  }

  [Symbol.dispose](): void {
    this.socket[Symbol.dispose]();
    closeSync(this.descriptor);
  }
}

/** The namespace that the process was in when it opened the driver. */
export class HostNamespace extends Namespace {
  readonly #device: number;
  readonly #inode: number;

  private constructor(descriptor: number, socket: RouteSocket) {
    super(descriptor, socket);
    const { dev, ino } = fstatSync(descriptor);
    this.#device = dev;
    this.#inode = ino;
  }

  static open(): HostNamespace {
    const descriptor = openSync(OWN_NAMESPACE, 'r');
    try {
      return new HostNamespace(descriptor, RouteSocket.open());
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
  }

  /** Whether `descriptor` is a file of the kernel's namespace file system, and so of some namespace. */
  isNamespaceFile(descriptor: number): boolean {
    return fstatSync(descriptor).dev === this.#device;
  }

  /** The kind of a file with that device and inode. */
  classify(device: number, inode: number): 'host' | 'namespace' | 'other' {
    if (device !== this.#device) return 'other';
    return inode === this.#inode ? 'host' : 'namespace';
  }

  /** Whether `descriptor` refers to the host's own namespace. */
  isHost(descriptor: number): boolean {
    const { dev, ino } = fstatSync(descriptor);
    return dev === this.#device && ino === this.#inode;
  }

  /**
   * Opens a socket in the namespace that `descriptor` refers to. The result owns the descriptor; it is closed if this
   * fails. @throws NetnsError `invalid` when it is a namespace of another type
   */
  enter(descriptor: number): Namespace {
    try {
      const socket = this.#excursion(() => {
        enterNamespace(descriptor);
        return RouteSocket.open();
      });
      return new Namespace(descriptor, socket);
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
  }

  /**
   * The result of `read` through a socket in the namespace that `descriptor` refers to, which the thread calls there.
   *
   * @throws NetnsError `invalid` when it is a namespace of another type
   */
  inside<T>(descriptor: number, read: (socket: RouteSocket) => T): T {
    return this.visit(descriptor, () => {
      using socket = RouteSocket.openForReading();
      return read(socket);
    });
  }

  /**
   * The result of `visit`, which the thread calls in the namespace that `descriptor` refers to: for files of proc(5),
   * which show the reading thread's namespace.
   */
  visit<T>(descriptor: number, visit: () => T): T {
    return this.#excursion(() => {
      enterNamespace(descriptor);
      return visit();
    });
  }

  /** Creates a network namespace, which lives as long as the result is open or something is mounted on it. */
  make(action: string): Namespace {
    return this.#excursion(() => {
      enterNewNamespace(action);
      const descriptor = openSync(OWN_NAMESPACE, 'r');
      try {
        if (this.isHost(descriptor)) throw refusal('kernel', action, 'the thread did not leave');
        return new Namespace(descriptor, RouteSocket.open());
      } catch (error) {
        closeSync(descriptor);
        throw error;
      }
    });
  }

  #excursion<T>(visit: () => T): T {
    try {
      return visit();
    } finally {
      this.#return();
    }
  }

  /** A thread left in the wrong namespace would treat it as the host's: aborting the process is the safe choice. */
  #return(): void {
    try {
      enterNamespace(this.descriptor);
    } catch {
      abortProcess();
    }
  }
}
