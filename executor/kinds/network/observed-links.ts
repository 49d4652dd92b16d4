import type { Link } from '../../drivers/netns/driver.ts';
import type { ObservedNetwork } from './steps.ts';

export interface FoundLink {
  /** Null: the host's own. */
  readonly namespace: string | null;
  readonly link: Link;
}

const indexes = new WeakMap<ObservedNetwork, ObservedLinks>();

/**
 * Indexes of an observed host's links for the queries of the plan. Each link is indexed once for a host, however many
 * segments are planned on it.
 */
export class ObservedLinks {
  readonly #byName = new Map<string, Link>();
  readonly #byLabel = new Map<string, FoundLink[]>();
  readonly #unlabelled = new Map<string, Link[]>();
  readonly #hostNames = new Map<number, string>();

  private constructor({ host, namespaces }: ObservedNetwork) {
    for (const link of host) {
      this.#hostNames.set(link.index, link.name);
      this.#add(null, link);
    }
    for (const [namespace, { links }] of namespaces) for (const link of links) this.#add(namespace, link);
  }

  /** Built at the first call for that host. */
  static of(observed: ObservedNetwork): ObservedLinks {
    const known = indexes.get(observed);
    if (known) return known;
    const made = new ObservedLinks(observed);
    indexes.set(observed, made);
    return made;
  }

  /** The link with this name, whether it belongs to weft or not. */
  named(namespace: string | null, name: string): Link | undefined {
    return this.#byName.get(key(namespace, name));
  }

  /** Links in any namespace whose alias begins with the label and a space. */
  labelled(label: string): readonly FoundLink[] {
    return this.#byLabel.get(label) ?? [];
  }

  /** Links without an alias that have the hardware address. */
  unlabelled(namespace: string | null, mac: string): readonly Link[] {
    return this.#unlabelled.get(key(namespace, mac)) ?? [];
  }

  /** The name of the host's link with that index. */
  hostName(index: number | null): string | undefined {
    return index === null ? undefined : this.#hostNames.get(index);
  }

  #add(namespace: string | null, link: Link): void {
    const { alias, mac, name } = link;
    this.#byName.set(key(namespace, name), link);
    if (alias === null) {
      if (mac !== null) append(this.#unlabelled, key(namespace, mac), link);
      return;
    }
    const end = alias.indexOf(' ');
    if (end > 0) append(this.#byLabel, alias.slice(0, end), { namespace, link });
  }
}

/** The links of one segment. */
export class SegmentLinks {
  readonly all: readonly FoundLink[];
  readonly #byAlias = new Map<string, Link>();
  readonly #byName = new Map<string, Link>();

  constructor(links: readonly FoundLink[]) {
    this.all = links;
    for (const { namespace, link } of links) {
      const alias = key(namespace, link.alias ?? '');
      if (!this.#byAlias.has(alias)) this.#byAlias.set(alias, link);
      this.#byName.set(key(namespace, link.name), link);
    }
  }

  find({ namespace, alias }: { readonly namespace: string | null; readonly alias: string }): Link | undefined {
    return this.#byAlias.get(key(namespace, alias));
  }

  named(namespace: string, name: string): Link | undefined {
    return this.#byName.get(key(namespace, name));
  }
}

/** A key for a name within a namespace: neither part contains a slash. */
export function key(namespace: string | null, name: string): string {
  return `${namespace ?? ''}/${name}`;
}

function append<Value>(lists: Map<string, Value[]>, name: string, value: Value): void {
  const list = lists.get(name);
  if (list) list.push(value);
  else lists.set(name, [value]);
}
