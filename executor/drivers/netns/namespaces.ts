import { closeSync, constants, mkdirSync, openSync, readdirSync, statSync, unlinkSync, writeSync } from 'node:fs';
import type { NamespaceRequest } from './driver.ts';
import { asNetnsError, isFileError, NetnsError, refusal } from './errors.ts';
import { requireTime } from './expiry.ts';
import { noteNamespaceReleased } from './limits.ts';
import { checkLabel, checkNamespaceName, foreign, isNamespaceName } from './names.ts';
import { FilesBelowMounts, openQuietly, readLabel, waitForLock } from './namespace-files.ts';
import { type LinkRecord, readLink, setAlias, setUp } from './netlink/links.ts';
import { nameForListeners } from './netlink/namespace-ids.ts';
import { throwUnlessAccepted } from './netlink/socket.ts';
import { bindFile, bindOntoItself, detachMount, linkDescriptor, makeShared } from './syscalls.ts';
import type { HostNamespace, Namespace } from './thread.ts';

/** <fcntl.h>: `__O_TMPFILE` with O_DIRECTORY, whose value differs between processors. */
const O_TMPFILE = 0o20_000_000 | constants.O_DIRECTORY;
/** LOOPBACK_IFINDEX of <net/flow.h>: the first link of each new namespace. */
const LOOPBACK_INDEX = 1;
/** Each has two descriptors until it is mounted: this number is small enough for a process with few of them. */
const MADE_AT_ONCE = 16;

/** An existing namespace that has no name yet. */
interface Unmounted extends NamespaceRequest {
  readonly made: Namespace;
  /** Whether the file that it is to be mounted over already exists. */
  readonly isPublished: boolean;
  readonly action: string;
}

/**
 * The object under a name. `namespace` is null unless a network namespace is mounted there. `label` is the owner's: of
 * a mounted namespace, the one that the alias of its `lo` and the file under the mount agree on. (The alias alone is
 * not enough: `ip netns attach` gives a namespace of weft's a second name, which is not weft's.)
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

  /** The names in the directory, in no particular order, without those that are invalid for this driver. */
  names(): string[] {
    try {
      return readdirSync(this.#directory).filter(isNamespaceName);
    } catch (error) {
      if (isFileError(error, 'ENOENT')) return [];
      throw asNetnsError(error, `list ${this.#directory}`);
    }
  }

  /** The namespace of that name. @throws NetnsError `missing` */
  open(name: string, action: string): Namespace {
    checkNamespaceName(name, action);
    const opened = this.#openMounted(name, action);
    if (opened === null || opened === 'other') throw refusal('missing', action, `namespace ${name} not found`);
    return opened;
  }

  /**
   * Creates namespaces, each of which belongs to its label at every moment: the label is set inside before the name is
   * published, and the published file holds it before the namespace is mounted over it. A half-made one of the same
   * owner is completed, a complete one left as it is. Those before a refused one may have been created, it and those
   * after it are not.
   *
   * @throws NetnsError `foreign` when anything else has a name
   */
  create(requests: readonly NamespaceRequest[]): void {
    for (const { name, label } of requests) {
      checkNamespaceName(name, `create namespace ${name}`);
      checkLabel(label, `create namespace ${name}`);
    }
    this.#prepare('create namespaces');
    using files = new FilesBelowMounts(this.#directory);
    for (let first = 0; first < requests.length; first += MADE_AT_ONCE) {
      this.#createSome(requests.slice(first, first + MADE_AT_ONCE), files);
    }
  }

  /**
   * Removes namespaces that belong to their labels. `empty` deletes what must not outlive a name, because the kernel
   * frees a nameless namespace asynchronously, and not while a process is inside. Those before a refused one are
   * removed.
   *
   * @throws NetnsError `foreign` when one has another label or none
   */
  delete(requests: readonly NamespaceRequest[], empty: (namespace: Namespace) => void): void {
    using files = new FilesBelowMounts(this.#directory);
    for (const request of requests) this.#deleteOne(request, files, empty);
  }

  #createSome(requests: readonly NamespaceRequest[], files: FilesBelowMounts): void {
    using stack = new DisposableStack();
    const unmounted = requests.flatMap((request) => this.#make(request, files, stack));
    if (unmounted.length === 0) return;
    // Before anything changes in them, so that listeners get the events.
    nameForListeners(
      this.#host.socket,
      unmounted.map(({ made }) => made.descriptor),
    );
    for (const each of unmounted) this.#finish(each);
  }

  /** Creates a namespace unless a complete one exists. */
  #make({ name, label }: NamespaceRequest, files: FilesBelowMounts, stack: DisposableStack): Unmounted[] {
    const action = `create namespace ${name}`;
    using found = this.#entryOf(name, files);
    if (found !== null && found.label !== label) throw foreign(action, this.#path(name), found.label);
    if (found !== null && found.namespace !== null) return [];
    requireTime(action);
    return [{ name, label, made: stack.use(this.#host.make(action)), isPublished: found !== null, action }];
  }

  #finish({ name, label, made, isPublished, action }: Unmounted): void {
    const requests = [setAlias(LOOPBACK_INDEX, label), setUp(LOOPBACK_INDEX, true)];
    for (const acknowledgement of made.socket.batch(requests, action)) throwUnlessAccepted(acknowledgement, action);
    requireTime(action);
    if (!isPublished) this.#publish(name, label, action);
    try {
      this.#mount(name, made, action);
    } catch (error) {
      if (!isPublished) this.#unlink(name, label);
      throw error;
    }
  }

  #deleteOne({ name, label }: NamespaceRequest, files: FilesBelowMounts, empty: (namespace: Namespace) => void): void {
    const action = `delete namespace ${name}`;
    checkNamespaceName(name, action);
    checkLabel(label, action);
    {
      using found = this.#entryOf(name, files);
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

  #entryOf(name: string, files: FilesBelowMounts): Entry | null {
    const opened = this.#openMounted(name, `read namespace ${name}`);
    if (opened === null) return null;
    const written = files.readLabel(name);
    if (opened === 'other') return new Entry(null, written);
    try {
      const ours = written !== null && !this.#host.isHost(opened.descriptor);
      const alias = ours ? loopbackOf(opened, `read namespace ${name}`).alias : null;
      return new Entry(opened, alias === written ? alias : null);
    } catch (error) {
      opened[Symbol.dispose]();
      throw error;
    }
  }

  /** null: the name is free; `other`: it belongs to something else than a network namespace. */
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

  /**
   * As iproute2 does: mounts made in one mount namespace must appear, and disappear, in all that share the directory.
   */
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

  /** Creates a file that holds the label under the name, atomically. @throws NetnsError `foreign` if it is taken */
  #publish(name: string, label: string, action: string): void {
    const descriptor = openSync(this.#directory, O_TMPFILE | constants.O_RDWR, 0o444);
    try {
      writeSync(descriptor, label);
      linkDescriptor(descriptor, this.#path(name));
    } catch (error) {
      if (!(error instanceof NetnsError) || error.code !== 'exists') throw asNetnsError(error, action);
      using files = new FilesBelowMounts(this.#directory);
      using found = this.#entryOf(name, files);
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

  /** Removes the name if its file holds the label and nothing is mounted there. */
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
