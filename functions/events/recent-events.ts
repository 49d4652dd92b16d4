import { type Cursor, isSameHistory } from './cursor.ts';
import type { EventPage, FeedEvent } from './page.ts';

/** How many events are kept: a reader that is further behind reads the database. */
const KEPT_EVENTS = 2_000;

/** The newest events of the feed, in memory, and its end. */
export class RecentEvents {
  #head: Cursor;
  #events: readonly FeedEvent[] = [];

  constructor(head: Cursor) {
    this.#head = head;
  }

  /** After the newest event that is known. */
  get head(): Cursor {
    return this.#head;
  }

  append({ events, cursor }: EventPage): void {
    this.#events = [...this.#events, ...events].slice(-KEPT_EVENTS);
    this.#head = cursor;
  }

  /** The events after a cursor; undefined: they are not here. */
  after(cursor: Cursor, limit: number): EventPage | undefined {
    const behind = this.#head.sequence - cursor.sequence;
    if (!isSameHistory(cursor, this.#head) || behind < 0 || behind > this.#events.length) return undefined;
    const start = this.#events.length - behind;
    const events = this.#events.slice(start, start + limit);
    return { kind: 'events', events, cursor: { ...cursor, sequence: cursor.sequence + events.length } };
  }
}
