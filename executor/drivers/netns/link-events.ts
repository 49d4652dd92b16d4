import { writeSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Connection } from '../reopening.ts';
import { decodeMessages } from './netlink/codec.ts';
import { RTM_DELLINK, RTM_NEWLINK } from './netlink/constants.ts';
import { decodeNames } from './netlink/links.ts';
import { listenToLinks } from './netlink/listening.ts';
import { closeDescriptor, openEvent, receiveNow, untilReadable } from './syscalls.ts';

/** The subjects of a burst of events. */
export interface LinkChanges {
  /** Aliases of links that were added, removed or changed, in any namespace. */
  readonly aliases: readonly string[];
  /** Names of links that were added, removed or changed, labelled or not; for a renamed link the new one. */
  readonly names: readonly string[];
  /** Some events were lost: anything may have changed. */
  readonly everything: boolean;
}

/**
 * How often it wakes without an event: a thread in a system call cannot be terminated, and a process that is told to
 * exit at once waits for all its threads.
 */
const SLEEP_MILLISECONDS = 1_000;
/** How long the first event waits for the others of its burst. */
const GATHER_MILLISECONDS = 50;
const DATAGRAM_BYTES = 64 << 10;
/** Number of events, a millisecond's work, that are processed before it yields. */
const EVENTS_AT_ONCE = 128;
const ACTION = 'listen to changes of links';

/** An eventfd is written with a number of eight bytes. */
const WAKE = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]);

/** Listens to rtnetlink(7): a thread of Node's pool sleeps in poll(2) until there are events. */
export class LinkEvents implements Connection {
  readonly ended: Promise<string | null>;
  readonly #changed: (changes: LinkChanges) => void;
  readonly #socket: number;
  readonly #wake: number;
  readonly #datagram = Buffer.alloc(DATAGRAM_BYTES);
  #closing = false;
  #over = false;

  /** @throws NetnsError if the socket cannot be opened */
  constructor(bufferBytes: number, changed: (changes: LinkChanges) => void) {
    this.#changed = changed;
    this.#wake = openEvent();
    try {
      this.#socket = listenToLinks({ bufferBytes, everywhere: true });
    } catch (error) {
      closeDescriptor(this.#wake);
      throw error;
    }
    this.ended = this.#listen();
  }

  async close(): Promise<void> {
    this.#closing = true;
    if (!this.#over) writeSync(this.#wake, WAKE);
    await this.ended;
  }

  async #listen(): Promise<string | null> {
    try {
      while (!this.#closing) await this.#hearBurst();
      return null;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    } finally {
      this.#over = true;
      closeDescriptor(this.#socket);
      closeDescriptor(this.#wake);
    }
  }

  async #hearBurst(): Promise<void> {
    const [, hasEvents] = await untilReadable([this.#wake, this.#socket], SLEEP_MILLISECONDS, ACTION);
    if (!hasEvents) return;
    const heard = { aliases: new Set<string>(), names: new Set<string>() };
    let isWhole = await this.#drain(heard);
    await untilReadable([this.#wake], GATHER_MILLISECONDS, ACTION);
    isWhole = (await this.#drain(heard)) && isWhole;
    if (isWhole && heard.names.size === 0) return;
    this.#changed({ aliases: [...heard.aliases], names: [...heard.names], everything: !isWhole });
  }

  /** Empties the socket; false if the kernel had to drop events. */
  async #drain(heard: Heard): Promise<boolean> {
    let isWhole = true;
    for (let count = 1; ; count += 1) {
      const length = receiveNow(this.#socket, this.#datagram, ACTION);
      if (length === 'empty') return isWhole;
      if (length === 'overflow') isWhole = false;
      else hear(this.#datagram.subarray(0, length), heard);
      if (count % EVENTS_AT_ONCE === 0) await nextTurn();
    }
  }
}

interface Heard {
  readonly aliases: Set<string>;
  readonly names: Set<string>;
}

/** An unknown message is ignored: the next scan of the host sees whatever it was about. */
function hear(received: Buffer, { aliases, names }: Heard): void {
  try {
    for (const message of decodeMessages(received)) {
      if (message.type !== RTM_NEWLINK && message.type !== RTM_DELLINK) continue;
      const { name, alias } = decodeNames(message);
      if (name !== null) names.add(name);
      if (alias !== null) aliases.add(alias);
    }
  } catch {
    return;
  }
}
