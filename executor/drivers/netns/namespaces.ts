import {
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { asNetnsError, isFileError, NetnsError, refusal } from './errors.ts';
import { requireTime } from './expiry.ts';
import { noteNamespaceReleased } from './limits.ts';
import { checkLabel, checkNamespaceName, foreign, isNamespaceName } from './names.ts';
import { type LinkRecord, readLink, setAlias, setUp } from './netlink/links.ts';
import { nameForListeners } from './netlink/namespace-ids.ts';
import {
  bindFile,
  bindOntoItself,
  closeDescriptor,
  detachMount,
  linkDescriptor,
  makeShared,
  openWithoutMounts,
  tryLock,
} from './syscalls.ts';
import type { HostNamespace, Namespace } from './thread.ts';

/** <fcntl.h>: `__O_TMPFILE` with O_DIRECTORY, whose value differs between processors. */
const O_TMPFILE = 0o20_000_000 | constants.O_DIRECTORY;
const LABEL_BYTES = 255;
const LOCK_ATTEMPTS = 100;
const LOCK_PAUSE_MILLISECONDS = 10;

/**
 * What stands under a name. `namespace` is null unless a network namespace is mounted there. `label` is the owner's:
 * of a mounted namespace, what the alias of its `lo` and the file under the mount agree on. (The alias alone is not
 * enough: `ip netns attach` gives a namespace of ours a second name, which is not ours.)
 */
export class Entry implements Disposable {
  readonly namespace: Namespace | null;
  readonly label: string | null;

  constructor(namespace: Namespace | null, label: string | null) {
    this.namespace = namespace;
    this.label = label;
  }

  [Symbol.dispose](): void {
    this.namespace?.[Symbol.dispose]();
  }
}

/** A directory of named network namespaces, in the form that `ip netns` keeps in /run/netns. */
export class NamespaceDirectory {
  readonly #directory: string;
  readonly #host: HostNamespace;

  constructor(directory: string, host: HostNamespace) {
    this.#directory = directory;
    this.#host = host;
  }

  /** The names there, in no particular order; those that this driver would never use are left out. */
  names(): string[] {
    try {
      return readdirSync(this.#directory).filter(isNamespaceName);
    } catch (error) {
      if (isFileError(error, 'ENOENT')) return [];
      throw asNetnsError(error, `list ${this.#directory}`);
    }
  }

  /** Looks at each name in turn and skips those that do not exist. */
  visit<T>(names: readonly string[], read: (name: string, entry: Entry) => T): T[] {
    for (const name of names) checkNamespaceName(name, 'look at namespaces');
    if (names.length === 0) return [];
    using below = openBelowMounts(this.#directory);
    const results: T[] = [];
    for (const name of names) {
      using entry = below === null ? null : this.#look(name, below.path);
      if (entry !== null) results.push(read(name, entry));
    }
    return results;
  }

  /** The namespace of that name. @throws NetnsError `missing` */
  open(name: string, action: string): Namespace {
    checkNamespaceName(name, action);
    const opened = this.#openMounted(name, action);
    if (opened === null || opened === 'other') throw refusal('missing', action, `there is no namespace ${name}`);
    return opened;
  }

  /**
   * Makes the namespace `name`, which belongs to `label` at every moment: the label is inside before the name is
   * published, and the published file holds it before the namespace is mounted over it. A half-made one of the
   * same owner is completed, a whole one left as it is.
   *
   * @throws NetnsError `foreign` when anything else has the name
   */
  create(name: string, label: string): void {
    const action = `create namespace ${name}`;
    checkNamespaceName(name, action);
    checkLabel(label, action);
    this.#prepare(action);
    using found = this.#entry(name);
    if (found !== null && found.label !== label) throw foreign(action, this.#path(name), found.label);
    if (found !== null && found.namespace !== null) return;
    requireTime(action);
    using made = this.#host.make(action);
    const loopback = loopbackOf(made, action);
    made.socket.request(setAlias(loopback.index, label), action);
    nameForListeners(this.#host.socket, [made.descriptor]);
    made.socket.request(setUp(loopback.index, true), action);
    requireTime(action);
    if (found === null) this.#publish(name, label, action);
    try {
      this.#mount(name, made, action);
    } catch (error) {
      if (found === null) this.#unlink(name, label);
      throw error;
    }
  }

  /**
   * Takes the namespace `name` away if it belongs to `label`. `empty` removes what should not outlive the name,
   * because the kernel takes a nameless namespace apart in its own time, and not while a process is inside.
   *
   * @throws NetnsError `foreign` when it bears another label or none
   */
  delete(name: string, label: string, empty: (namespace: Namespace) => void): void {
    const action = `delete namespace ${name}`;
    checkNamespaceName(name, action);
    checkLabel(label, action);
    {
      using found = this.#entry(name);
      if (found === null) return;
      if (found.label !== label) throw foreign(action, this.#path(name), found.label);
      requireTime(action);
      if (found.namespace !== null) {
        empty(found.namespace);
        detachMount(this.#path(name));
        noteNamespaceReleased();
      }
    }
    this.#unlink(name, label);
  }

  #path(name: string): string {
    return `${this.#directory}/${name}`;
  }

  #entry(name: string): Entry | null {
    using below = openBelowMounts(this.#directory);
    return below === null ? null : this.#look(name, below.path);
  }

  #look(name: string, below: string): Entry | null {
    const opened = this.#openMounted(name, `look at namespace ${name}`);
    if (opened === null) return null;
    const written = readLabel(`${below}/${name}`);
    if (opened === 'other') return new Entry(null, written);
    try {
      const ours = written !== null && !this.#host.isHost(opened.descriptor);
      const alias = ours ? loopbackOf(opened, `look at namespace ${name}`).alias : null;
      return new Entry(opened, alias === written ? alias : null);
    } catch (error) {
      opened[Symbol.dispose]();
      throw error;
    }
  }

  /** null: nothing has the name; `other`: something that is no network namespace has it. */
  #openMounted(name: string, action: string): Namespace | 'other' | null {
    const descriptor = openQuietly(this.#path(name), action);
    if (typeof descriptor !== 'number') return descriptor;
    if (!this.#host.isNamespaceFile(descriptor)) {
      closeSync(descriptor);
      return 'other';
    }
    try {
      return this.#host.enter(descriptor);
    } catch (error) {
      if (error instanceof NetnsError && error.errno === 'EINVAL') return 'other';
      throw error;
    }
  }

  /** As iproute2 does: mounts made in one mount namespace must show, and vanish, in all that share the directory. */
  #prepare(action: string): void {
    try {
      mkdirSync(this.#directory, { recursive: true, mode: 0o755 });
    } catch (error) {
      throw asNetnsError(error, action);
    }
    if (makeShared(this.#directory)) return;
    const lock = openSync(this.#directory, constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      waitForLock(lock);
      if (makeShared(this.#directory)) return;
      bindOntoItself(this.#directory);
      if (!makeShared(this.#directory)) throw refusal('kernel', action, `cannot share the mount ${this.#directory}`);
    } finally {
      closeSync(lock);
    }
  }

  /** Puts a file that holds the label under the name, in one step. @throws NetnsError `foreign` if it is taken */
  #publish(name: string, label: string, action: string): void {
    const descriptor = openSync(this.#directory, O_TMPFILE | constants.O_RDWR, 0o444);
    try {
      writeSync(descriptor, label);
      linkDescriptor(descriptor, this.#path(name));
    } catch (error) {
      if (!(error instanceof NetnsError) || error.code !== 'exists') throw asNetnsError(error, action);
      using found = this.#entry(name);
      throw foreign(action, this.#path(name), found?.label ?? null);
    } finally {
      closeSync(descriptor);
    }
  }

  #mount(name: string, made: Namespace, action: string): void {
    // O_PATH is 0o10000000 on every processor; Node has no name for it.
    const target = openSync(this.#path(name), 0o10_000_000 | constants.O_NOFOLLOW);
    try {
      bindFile(`/proc/self/fd/${made.descriptor}`, `/proc/self/fd/${target}`, action);
    } finally {
      closeSync(target);
    }
  }

  /** Removes the name if what it holds is the label and nothing is mounted there. */
  #unlink(name: string, label: string): void {
    const path = this.#path(name);
    const written = readLabel(path);
    if (written === label) unlinkSync(path);
    else if (statSync(path, { throwIfNoEntry: false }) !== undefined) {
      throw foreign(`delete namespace ${name}`, path, written);
    }
  }
}

function loopbackOf(namespace: Namespace, action: string): LinkRecord {
  const loopback = readLink(namespace.socket, 'lo');
  if (loopback === null) throw refusal('missing', action, 'the namespace has no lo');
  return loopback;
}

/** A descriptor of the file itself; `other` for a symbolic link, null if there is nothing. Never waits. */
function openQuietly(path: string, action: string): number | 'other' | null {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (isFileError(error, 'ENOENT')) return null;
    if (isFileError(error, 'ELOOP', 'ENXIO')) return 'other';
    throw asNetnsError(error, action);
  }
}

/** The label that a published file holds; null if it is empty, or is no such file. */
function readLabel(path: string): string | null {
  const descriptor = openQuietly(path, `read ${path}`);
  if (typeof descriptor !== 'number') return null;
  try {
    if (!fstatSync(descriptor).isFile()) return null;
    const content = Buffer.alloc(LABEL_BYTES + 1);
    const length = readSync(descriptor, content);
    return length === 0 || length > LABEL_BYTES ? null : content.toString('utf8', 0, length);
  } catch (error) {
    // A file of the kernel's namespace file system counts as a regular one, but cannot be read.
    if (isFileError(error, 'EINVAL')) return null;
    throw asNetnsError(error, `read ${path}`);
  } finally {
    closeSync(descriptor);
  }
}

/** A way to the files of a directory past what is mounted over them; null if there is no such directory. */
function openBelowMounts(directory: string): (Disposable & { path: string }) | null {
  try {
    const descriptor = openWithoutMounts(directory);
    return { path: `/proc/self/fd/${descriptor}`, [Symbol.dispose]: () => closeDescriptor(descriptor) };
  } catch (error) {
    if (error instanceof NetnsError && error.code === 'missing') return null;
    throw error;
  }
}

/** iproute2 holds this lock for an instant; one that is never given back must not stop us, as it does not stop it. */
function waitForLock(descriptor: number): void {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let attempt = 0; attempt < LOCK_ATTEMPTS; attempt += 1) {
    if (tryLock(descriptor)) return;
    Atomics.wait(pause, 0, 0, LOCK_PAUSE_MILLISECONDS);
  }
}
