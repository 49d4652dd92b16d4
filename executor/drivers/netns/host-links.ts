import type { LinkSelection } from './driver.ts';
import { LinkTable } from './link-table.ts';
import { decodeMessages } from './netlink/codec.ts';
import { decodeEvent, type LinkRecord, readLinks, readSome } from './netlink/links.ts';
import { listenToLinks } from './netlink/listening.ts';
import type { RouteSocket } from './netlink/socket.ts';
import { closeDescriptor, receiveNow } from './syscalls.ts';

const BUFFER_BYTES = 8 << 20;
const DATAGRAM_BYTES = 64 << 10;
/** The cache may be wrong, so links are read again in turns: this number of full observations reads each link once. */
const TURNS = 10;
/**
 * Dumping thousands of links takes the kernel half a second: while all of them change, the caller has to try again
 * later.
 */
const DUMP_ATTEMPTS = 3;
const ACTION = 'listen to changes of links';

/**
 * The links of the host's namespace: read once, then kept up to date by the kernel's events, so that the cost of a
 * lookup does not depend on the number of other links. (A dump costs more than linear time: for each veth the kernel
 * searches the ids of all namespaces, `peernet2id`.)
 *
 * The kernel queues an event before the call that caused it returns: a table that has processed the events is as
 * accurate as a new dump. There are two cases without an event. For a link that is down the kernel reports neither
 * alias nor group (`netdev_state_change`): such links are read again at every lookup. And a link's other end may get
 * another index when it is moved: see `correctPeers`.
 */
export class HostLinks implements Disposable {
  readonly #socket: RouteSocket;
  readonly #events: number;
  readonly #datagram = Buffer.alloc(DATAGRAM_BYTES);
  readonly #table = new LinkTable();
  /** The table must be read again: nothing was read yet, or events were lost. */
  #lost = true;
  #scans = 0;

  constructor(socket: RouteSocket, { bufferBytes = BUFFER_BYTES }: { readonly bufferBytes?: number } = {}) {
    this.#socket = socket;
    this.#events = listenToLinks({ bufferBytes, everywhere: false });
  }

  [Symbol.dispose](): void {
    closeDescriptor(this.#events);
  }

  /** All of them; a part of them is read again, in turn. */
  all(): LinkRecord[] {
    this.#refresh();
    this.#scans += 1;
    const turn = this.#scans % TURNS;
    this.#readAgain(this.#table.all().flatMap(({ index, up }) => (!up || index % TURNS === turn ? [index] : [])));
    return this.#table.all();
  }

  /** The selected ones, and the bridges that they are ports of. */
  select({ owners, aliases, names }: LinkSelection): LinkRecord[] {
    this.#refresh();
    const found = this.#current((table) => [
      ...owners.flatMap((owner) => table.ownedBy(owner)),
      ...aliases.flatMap((alias) => table.bearing(alias)),
      ...names.flatMap((name) => table.named(name)),
    ]);
    const masters = this.#table.withIndexes(found.flatMap(({ master }) => master ?? []));
    return [...new Set([...found, ...masters])];
  }

  /** Those with one of the aliases. */
  bearing(aliases: Iterable<string>): LinkRecord[] {
    this.#refresh();
    return this.#current((table) => [...new Set(aliases)].flatMap((alias) => table.bearing(alias)));
  }

  /** The groups of all links. */
  groups(): ReadonlySet<number> {
    this.#refresh();
    return new Set(this.#table.all().map(({ group }) => group));
  }

  /** `links`, of which those are read again whose other ends, `inside` other namespaces, contradict them. */
  correctPeers(links: readonly LinkRecord[], inside: Iterable<Pick<LinkRecord, 'index' | 'peer'>>): LinkRecord[] {
    const peers = new Map(links.flatMap(({ index, peer }) => (peer === null ? [] : [[index, peer] as const])));
    const wrong = [...inside].flatMap(({ index, peer }) =>
      peer !== null && peers.has(peer) && peers.get(peer) !== index ? [peer] : [],
    );
    if (wrong.length === 0) return [...links];
    this.#readAgain(wrong);
    return this.#table.withIndexes(links.map(({ index }) => index));
  }

  /** Processes pending events, so that there is room for new ones. */
  listen(): void {
    for (;;) {
      const length = receiveNow(this.#events, this.#datagram, ACTION);
      if (length === 'empty') return;
      if (length === 'overflow') this.#lost = true;
      else if (!this.#lost) this.#hear(this.#datagram.subarray(0, length));
    }
  }

  #refresh(): void {
    this.listen();
    if (this.#lost) {
      this.#table.replace(readLinks(this.#socket, DUMP_ATTEMPTS));
      this.#lost = false;
    }
    this.#readAgain(this.#table.doubtful());
  }

  /** The result of `find`, after the links in it that are down were read again. */
  #current(find: (table: LinkTable) => LinkRecord[]): LinkRecord[] {
    const down = find(this.#table).flatMap(({ index, up }) => (up ? [] : [index]));
    if (down.length === 0) return [...new Set(find(this.#table))];
    this.#readAgain(down);
    return [...new Set(find(this.#table))];
  }

  #readAgain(indexes: readonly number[]): void {
    const found = readSome(this.#socket, indexes);
    if (found.length < indexes.length) {
      const there = new Set(found.map(({ index }) => index));
      for (const index of indexes) if (!there.has(index)) this.#table.remove(index);
    }
    for (const link of found) this.#table.put(link);
  }

  /** An event that cannot be decoded may concern anything. */
  #hear(received: Buffer): void {
    try {
      for (const message of decodeMessages(received)) {
        const event = decodeEvent(message);
        if (event === null) continue;
        if (event.link === null) this.#table.remove(event.index);
        else this.#table.put(event.link);
      }
    } catch {
      this.#lost = true;
    }
  }
}
