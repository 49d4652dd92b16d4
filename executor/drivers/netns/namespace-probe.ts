import { closeSync, fstatSync } from 'node:fs';
import { readAddressing } from './addressing.ts';
import type { NamespaceView } from './driver.ts';
import { NetnsError } from './errors.ts';
import { checkNamespaceName } from './names.ts';
import { FilesBelowMounts, type KnownLabel, openQuietly } from './namespace-files.ts';
import { type LinkRecord, readLinks } from './netlink/links.ts';
import { nameForListeners } from './netlink/namespace-ids.ts';
import type { RouteSocket } from './netlink/socket.ts';
import type { HostNamespace } from './thread.ts';

/** A namespace with its links as they were read. */
export interface SeenNamespace extends NamespaceView {
  links: LinkRecord[];
}

/** Cached facts about a name. */
interface Known {
  readonly file: KnownLabel | null;
  /** Inode of the namespace that was given an id: asking whether it has one is expensive. */
  readonly numbered: number | null;
}

type Numbering = (descriptor: number) => void;

/** What is read through a socket inside. */
type Inside = Pick<SeenNamespace, 'links' | 'addressing'>;

interface Opened extends Known {
  readonly name: string;
  readonly descriptor: number;
  readonly number: Numbering | null;
  readonly read: (socket: RouteSocket) => Inside;
}

/** How namespaces are read. */
export interface Reading {
  /** Whether those without an id get one. */
  readonly numbering: boolean;
  /** Those of which addresses and routes are read, too. */
  readonly addressed: ReadonlySet<string>;
}

const NONE: ReadonlySet<string> = new Set();

/**
 * Observes named namespaces. Each is read each time: listening for changes inside costs the kernel, at every change, a
 * walk through the ids of all namespaces (`peernet_has_id`), which is more than occasional reading. It is read through
 * a socket inside, since requests from outside by an id (IFLA_TARGET_NETNSID) make the kernel walk through all links of
 * the host first (`rtnl_calcit`).
 */
export class NamespaceProbe {
  readonly #directory: string;
  readonly #host: HostNamespace;
  readonly #known = new Map<string, Known>();

  constructor(directory: string, host: HostNamespace) {
    this.#directory = directory;
    this.#host = host;
  }

  /** Observes all of them, and gives ids to those that have none: those of another boot, or of an older version. */
  all(names: readonly string[], addressed: ReadonlySet<string> = NONE): SeenNamespace[] {
    this.forgetOthers(names);
    return this.#read(names, { numbering: true, addressed });
  }

  /** Observes these, and skips those that do not exist. */
  some(names: readonly string[], reading: Reading): SeenNamespace[] {
    for (const name of names) checkNamespaceName(name, 'read namespaces');
    return this.#read(names, reading);
  }

  /** Removes namespaces that no longer exist from the cache. */
  forgetOthers(names: readonly string[]): void {
    const there = new Set(names);
    for (const name of this.#known.keys()) if (!there.has(name)) this.#known.delete(name);
  }

  #read(names: readonly string[], { numbering, addressed }: Reading): SeenNamespace[] {
    if (names.length === 0) return [];
    using files = new FilesBelowMounts(this.#directory);
    const number = numbering ? (descriptor: number) => nameForListeners(this.#host.socket, [descriptor]) : null;
    return names.flatMap((name) => {
      const descriptor = openQuietly(`${this.#directory}/${name}`, `read namespace ${name}`);
      if (descriptor === null) return [];
      const known = this.#known.get(name);
      const file = files.readLabelAgain(name, known?.file ?? undefined);
      if (descriptor === 'other') return [unmounted(name, file?.label ?? null)];
      try {
        const read = addressed.has(name) ? readAll : readOnlyLinks;
        return [this.#readNamespace({ name, descriptor, file, numbered: known?.numbered ?? null, number, read })];
      } finally {
        closeSync(descriptor);
      }
    });
  }

  #readNamespace({ name, descriptor, file, numbered, number, read }: Opened): SeenNamespace {
    const { dev, ino } = fstatSync(descriptor);
    const what = this.#host.classify(dev, ino);
    const inside = what === 'other' ? null : this.#readInside(descriptor, read);
    if (inside === null) return unmounted(name, file?.label ?? null);
    const view = mounted(name, what === 'host' ? null : (file?.label ?? null), inside);
    const isDue = number !== null && view.label !== null && numbered !== ino;
    if (isDue) number(descriptor);
    this.#known.set(name, { file, numbered: isDue ? ino : numbered });
    return view;
  }

  /** Null for a namespace of another type. */
  #readInside(descriptor: number, read: (socket: RouteSocket) => Inside): Inside | null {
    try {
      return this.#host.inside(descriptor, read);
    } catch (error) {
      if (error instanceof NetnsError && error.errno === 'EINVAL') return null;
      throw error;
    }
  }
}

function readOnlyLinks(socket: RouteSocket): Inside {
  return { links: readLinks(socket), addressing: null };
}

function readAll(socket: RouteSocket): Inside {
  return { links: readLinks(socket), addressing: readAddressing(socket) };
}

function unmounted(name: string, label: string | null): SeenNamespace {
  return { name, label, mounted: false, links: [], addressing: null };
}

/** The owner's label is valid if the alias of `lo` and the file under the mount agree. */
function mounted(name: string, written: string | null, { links, addressing }: Inside): SeenNamespace {
  const alias = links.find((link) => link.name === 'lo')?.alias ?? null;
  return { name, label: alias === written ? alias : null, mounted: true, links, addressing };
}
