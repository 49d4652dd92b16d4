import { closeSync, fstatSync } from 'node:fs';
import type { NamespaceView } from './driver.ts';
import { NetnsError } from './errors.ts';
import { checkNamespaceName } from './names.ts';
import { FilesBelowMounts, openQuietly } from './namespace-files.ts';
import { type LinkRecord, readLinks } from './netlink/links.ts';
import { nameForListeners } from './netlink/namespace-ids.ts';
import type { HostNamespace } from './thread.ts';

/** A namespace with its links as they were read. */
export interface SeenNamespace extends NamespaceView {
  links: LinkRecord[];
}

/**
 * Looks at named namespaces. Each is read each time: to hear of what changes inside costs the kernel, at every change,
 * a walk through the ids of all namespaces (`peernet_has_id`), which is more than reading is from time to time. It is
 * read through a socket inside, since what is asked from outside by an id (IFLA_TARGET_NETNSID) makes the kernel go
 * through all links of the host first (`rtnl_calcit`).
 */
export class NamespaceLooks {
  readonly #directory: string;
  readonly #host: HostNamespace;
  /** Numbers of the files of namespaces that were given an id, by their names: to ask whether one has an id is dear. */
  #numbered = new Map<string, number>();

  constructor(directory: string, host: HostNamespace) {
    this.#directory = directory;
    this.#host = host;
  }

  /** Looks at all of them, and gives ids to those that have none: such of another boot, or of an older version. */
  all(names: readonly string[]): SeenNamespace[] {
    const numbered = new Map<string, number>();
    const seen = this.#look(names, (view, descriptor, inode) => {
      if (view.label === null) return;
      if (this.#numbered.get(view.name) !== inode) nameForListeners(this.#host.socket, [descriptor]);
      numbered.set(view.name, inode);
    });
    this.#numbered = numbered;
    return seen;
  }

  /** Looks at these, and skips those that do not exist. */
  some(names: readonly string[]): SeenNamespace[] {
    for (const name of names) checkNamespaceName(name, 'look at namespaces');
    return this.#look(names, () => undefined);
  }

  #look(
    names: readonly string[],
    visit: (view: SeenNamespace, descriptor: number, inode: number) => void,
  ): SeenNamespace[] {
    if (names.length === 0) return [];
    using files = new FilesBelowMounts(this.#directory);
    return names.flatMap((name) => this.#lookAt(name, files, visit) ?? []);
  }

  #lookAt(
    name: string,
    files: FilesBelowMounts,
    visit: (view: SeenNamespace, descriptor: number, inode: number) => void,
  ): SeenNamespace | null {
    const descriptor = openQuietly(`${this.#directory}/${name}`, `look at namespace ${name}`);
    if (descriptor === null) return null;
    const written = files.readLabel(name);
    if (descriptor === 'other') return unmounted(name, written);
    try {
      const { dev, ino } = fstatSync(descriptor);
      const what = this.#host.classify(dev, ino);
      const links = what === 'other' ? null : this.#readInside(descriptor);
      if (links === null) return unmounted(name, written);
      const view = mounted(name, what === 'host' ? null : written, links);
      visit(view, descriptor, ino);
      return view;
    } finally {
      closeSync(descriptor);
    }
  }

  /** Null for a namespace of another type. */
  #readInside(descriptor: number): LinkRecord[] | null {
    try {
      return this.#host.inside(descriptor, readLinks);
    } catch (error) {
      if (error instanceof NetnsError && error.errno === 'EINVAL') return null;
      throw error;
    }
  }
}

function unmounted(name: string, label: string | null): SeenNamespace {
  return { name, label, mounted: false, links: [] };
}

/** The owner's label is what the alias of `lo` and the file under the mount agree on. */
function mounted(name: string, written: string | null, links: LinkRecord[]): SeenNamespace {
  const alias = links.find((link) => link.name === 'lo')?.alias ?? null;
  return { name, label: alias === written ? alias : null, mounted: true, links };
}
