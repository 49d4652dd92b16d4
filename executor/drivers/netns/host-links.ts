import type { LinkSelection } from './driver.ts';
import { isLinkName } from './names.ts';
import { decodeMessages } from './netlink/codec.ts';
import { decodeEvent, type LinkEvent, type LinkRecord, readLinks, readSome } from './netlink/links.ts';
import { listenToLinks } from './netlink/listening.ts';
import type { RouteSocket } from './netlink/socket.ts';
import { closeDescriptor, receiveNow } from './syscalls.ts';

const BUFFER_BYTES = 8 << 20;
const DATAGRAM_BYTES = 64 << 10;
/** Events shorten the wait, a dump is the truth: it is read anew at least so often. */
const DUMP_MILLISECONDS = 300_000;
const ACTION = 'listen to changes of links';

/**
 * Which links of the host's namespace bear which aliases, so that what is looked for costs the same however many others
 * there are. Only where to look is kept: what is answered is read from the kernel each time.
 *
 * The kernel queues an event before the call that caused it returns, so that a table which has taken the events in is
 * as true as one that was read anew, but for one thing: it tells nothing of the alias and the group of a link that is
 * down (`netdev_state_change`). Those that are down and have no alias are asked each time, since they may have got one.
 * A label that somebody else gives to a link which is down and has another one is not seen before it is up, or the next
 * dump.
 */
export class HostLinks implements Disposable {
  readonly #socket: RouteSocket;
  readonly #events: number;
  readonly #datagram = Buffer.alloc(DATAGRAM_BYTES);
  readonly #aliases = new Map<number, string>();
  readonly #byAlias = new Map<string, Set<number>>();
  readonly #byOwner = new Map<string, Set<number>>();
  readonly #downWithoutAlias = new Set<number>();
  readonly #groups = new Map<number, number>();
  /** When the table was read, by performance.now(); null: it is to be read anew. */
  #readAt: number | null = null;

  constructor(socket: RouteSocket, { bufferBytes = BUFFER_BYTES }: { readonly bufferBytes?: number } = {}) {
    this.#socket = socket;
    this.#events = listenToLinks({ bufferBytes, everywhere: false });
  }

  [Symbol.dispose](): void {
    closeDescriptor(this.#events);
  }

  /** All of them, and with that the table anew. */
  all(): LinkRecord[] {
    this.#takeEvents();
    const links = readLinks(this.#socket);
    this.#clear();
    for (const link of links) this.#note({ ...link, gone: false });
    this.#readAt = performance.now();
    return links;
  }

  /** Those that are asked for, and the bridges that they are ports of. */
  select({ owners, aliases, names }: LinkSelection): LinkRecord[] {
    this.#refresh();
    const wantedOwners = new Set(owners);
    const wantedAliases = new Set(aliases);
    const isWanted = (alias: string) => wantedAliases.has(alias) || wantedOwners.has(ownerOf(alias));
    const indexes = new Set([
      ...[...wantedOwners].flatMap((owner) => [...(this.#byOwner.get(owner) ?? [])]),
      ...[...wantedAliases].flatMap((alias) => [...(this.#byAlias.get(alias) ?? [])]),
    ]);
    const found = new Map<number, LinkRecord>();
    const foundNames = new Set<string>();
    const add = (links: readonly LinkRecord[]): void => {
      for (const link of links) {
        found.set(link.index, link);
        foundNames.add(link.name);
      }
    };
    add(readSome(this.#socket, [...indexes]).filter(({ alias }) => alias !== null && isWanted(alias)));
    const others = new Set(names.filter((name) => !foundNames.has(name) && isLinkName(name)));
    add(readSome(this.#socket, [...others]));
    const masters = new Set([...found.values()].flatMap(({ master }) => master ?? []));
    add(readSome(this.#socket, [...masters.difference(found)]));
    return [...found.values()];
  }

  /** Those that bear one of the aliases. */
  bearing(aliases: Iterable<string>): LinkRecord[] {
    this.#refresh();
    const wanted = new Set(aliases);
    const indexes = [...wanted].flatMap((alias) => [...(this.#byAlias.get(alias) ?? [])]);
    return readSome(this.#socket, indexes).filter(({ alias }) => alias !== null && wanted.has(alias));
  }

  /** The groups that any of them is in, but for the one that all begin with. */
  groups(): ReadonlySet<number> {
    this.#refresh();
    return new Set(this.#groups.values());
  }

  /** Takes in what was told meanwhile, so that there is room for what comes. */
  listen(): void {
    this.#takeEvents();
  }

  #refresh(): void {
    this.#takeEvents();
    if (this.#readAt === null || performance.now() - this.#readAt > DUMP_MILLISECONDS) {
      this.all();
      return;
    }
    if (this.#downWithoutAlias.size === 0) return;
    for (const link of readSome(this.#socket, [...this.#downWithoutAlias])) this.#note({ ...link, gone: false });
  }

  #takeEvents(): void {
    for (;;) {
      const length = receiveNow(this.#events, this.#datagram, ACTION);
      if (length === 'empty') return;
      if (length === 'overflow') this.#readAt = null;
      else if (this.#readAt !== null) this.#hear(this.#datagram.subarray(0, length));
    }
  }

  /** What does not decode may have been about anything. */
  #hear(received: Buffer): void {
    try {
      for (const message of decodeMessages(received)) {
        const event = decodeEvent(message);
        if (event !== null) this.#note(event);
      }
    } catch {
      this.#readAt = null;
    }
  }

  #note({ index, alias, up, group, gone }: LinkEvent): void {
    if (gone || group === 0) this.#groups.delete(index);
    else this.#groups.set(index, group);
    if (gone || up || alias !== null) this.#downWithoutAlias.delete(index);
    else this.#downWithoutAlias.add(index);
    this.#label(index, gone ? null : alias);
  }

  #label(index: number, alias: string | null): void {
    const known = this.#aliases.get(index);
    if (known === (alias ?? undefined)) return;
    if (known !== undefined) {
      this.#aliases.delete(index);
      remove(this.#byAlias, known, index);
      remove(this.#byOwner, ownerOf(known), index);
    }
    if (alias !== null) {
      this.#aliases.set(index, alias);
      add(this.#byAlias, alias, index);
      add(this.#byOwner, ownerOf(alias), index);
    }
  }

  #clear(): void {
    for (const table of [this.#aliases, this.#byAlias, this.#byOwner, this.#downWithoutAlias, this.#groups])
      table.clear();
  }
}

/** An alias' first word. */
function ownerOf(alias: string): string {
  const end = alias.indexOf(' ');
  return end < 0 ? alias : alias.slice(0, end);
}

function add(lists: Map<string, Set<number>>, key: string, index: number): void {
  const list = lists.get(key);
  if (list) list.add(index);
  else lists.set(key, new Set([index]));
}

function remove(lists: Map<string, Set<number>>, key: string, index: number): void {
  const list = lists.get(key);
  list?.delete(index);
  if (list?.size === 0) lists.delete(key);
}
