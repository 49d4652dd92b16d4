import type { LinkRecord } from './netlink/links.ts';

/** Links of one namespace, indexed by what they are looked up by. */
export class LinkTable {
  readonly #links = new Map<number, LinkRecord>();
  readonly #byName = new Map<string, LinkRecord>();
  readonly #byAlias = new Index();
  readonly #byOwner = new Index();
  readonly #doubtful = new Set<number>();

  all(): LinkRecord[] {
    return [...this.#links.values()];
  }

  withIndexes(indexes: readonly number[]): LinkRecord[] {
    return indexes.flatMap((index) => this.#links.get(index) ?? []);
  }

  named(name: string): LinkRecord[] {
    const found = this.#byName.get(name);
    return found === undefined ? [] : [found];
  }

  bearing(alias: string): LinkRecord[] {
    return this.withIndexes(this.#byAlias.get(alias));
  }

  /** Those whose alias has this first word. */
  ownedBy(owner: string): LinkRecord[] {
    return this.withIndexes(this.#byOwner.get(owner));
  }

  /** Indexes of those that may still change without an event. */
  doubtful(): number[] {
    return [...this.#doubtful];
  }

  replace(links: readonly LinkRecord[]): void {
    for (const index of [...this.#links.keys()]) this.remove(index);
    for (const link of links) this.put(link);
  }

  /** An updated link keeps its place in the order. */
  put(link: LinkRecord): void {
    this.#forget(link.index);
    this.#links.set(link.index, link);
    this.#byName.set(link.name, link);
    if (link.alias !== null) {
      this.#byAlias.add(link.alias, link.index);
      this.#byOwner.add(ownerOf(link.alias), link.index);
    }
    if (isDoubtful(link)) this.#doubtful.add(link.index);
  }

  remove(index: number): void {
    this.#forget(index);
    this.#links.delete(index);
  }

  #forget(index: number): void {
    const link = this.#links.get(index);
    if (link === undefined) return;
    // Another link may have the name by now.
    if (this.#byName.get(link.name) === link) this.#byName.delete(link.name);
    if (link.alias !== null) {
      this.#byAlias.delete(link.alias, index);
      this.#byOwner.delete(ownerOf(link.alias), index);
    }
    this.#doubtful.delete(index);
  }
}

/**
 * A link that is down without an alias may get one without an event; the first event of a veth may precede its other
 * end.
 */
function isDoubtful({ alias, kind, peer, up }: LinkRecord): boolean {
  return (!up && alias === null) || (kind === 'veth' && peer === null);
}

/** The first word of an alias. */
function ownerOf(alias: string): string {
  const end = alias.indexOf(' ');
  return end < 0 ? alias : alias.slice(0, end);
}

/** Indexes of links by a text that is not unique: most texts belong to a single link, for which no set is allocated. */
class Index {
  readonly #lists = new Map<string, number | Set<number>>();

  get(key: string): number[] {
    const found = this.#lists.get(key);
    if (found === undefined) return [];
    return typeof found === 'number' ? [found] : [...found];
  }

  add(key: string, index: number): void {
    const found = this.#lists.get(key);
    if (found === undefined) this.#lists.set(key, index);
    else if (typeof found === 'number') this.#lists.set(key, new Set([found, index]));
    else found.add(index);
  }

  delete(key: string, index: number): void {
    const found = this.#lists.get(key);
    if (found === index) this.#lists.delete(key);
    else if (typeof found === 'object' && found.delete(index) && found.size === 0) this.#lists.delete(key);
  }
}
