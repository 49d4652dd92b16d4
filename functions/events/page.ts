import { type Database, type Statement, statement } from '../../schema/database/database.ts';
import type { events } from '../../schema/tables/kernel.ts';
import type { RowOf } from '../../schema/tables/row.ts';
import { type Cursor, isSameHistory } from './cursor.ts';

export type FeedEvent = RowOf<typeof events>;

/** Events in the order of their commits, without one missing. */
export interface EventPage {
  readonly kind: 'events';
  readonly events: readonly FeedEvent[];
  /** After the last of them. */
  readonly cursor: Cursor;
}

/** Events after a cursor do not exist any more, or never did: a reader has to read the current state instead. */
export interface Gap {
  readonly kind: 'gap';
  /**
   * `pruned`: they were deleted; `restored`: the database is another one, or was restored from a backup; `ahead`: the
   * cursor is after the newest event, so the database is an old copy.
   */
  readonly reason: 'pruned' | 'restored' | 'ahead';
  /** The oldest cursor after which no event is missing. */
  readonly oldest: Cursor;
  readonly newest: Cursor;
}

export type Page = EventPage | Gap;

/** Maximum number of events in a page. */
export const PAGE_EVENTS = 500;

/** AUTOINCREMENT continues counting when old events are deleted. */
export const newestSequence = "coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'events'), 0)";

const selectNewest = statement<Cursor>(
  `SELECT id AS database, restore_generation AS generation, ${newestSequence} AS sequence FROM database`,
);

const selectEvents = `
  SELECT sequence, at_ms, hypervisor, type, subject, data FROM events WHERE sequence > :after ORDER BY sequence LIMIT :limit`;

/** The end of the feed: after the newest event. Throws {@link DatabaseError}. */
export async function readNewest(database: Database): Promise<Cursor> {
  const [[newest]] = await database.read([selectNewest], { call: 'feed.newest' });
  if (newest === undefined) throw new Error('the table database has no row');
  return newest;
}

/** The events after a cursor, up to a number of them, or the gap after it. Throws {@link DatabaseError}. */
export async function readPage(database: Database, after: Cursor, limit = PAGE_EVENTS): Promise<Page> {
  const select: Statement<FeedEvent> = statement<FeedEvent>(selectEvents, { after: after.sequence, limit });
  const [[newest], found] = await database.read([selectNewest, select], { call: 'feed' });
  if (newest === undefined) throw new Error('the table database has no row');
  return pageOf(after, newest, found);
}

function pageOf(after: Cursor, newest: Cursor, found: readonly FeedEvent[]): Page {
  const oldest = { ...newest, sequence: (found[0]?.sequence ?? newest.sequence + 1) - 1 };
  if (!isSameHistory(after, newest)) return { kind: 'gap', reason: 'restored', oldest, newest };
  if (after.sequence > newest.sequence) return { kind: 'gap', reason: 'ahead', oldest, newest };
  if (oldest.sequence > after.sequence) return { kind: 'gap', reason: 'pruned', oldest, newest };
  // Sequences are consecutive. A clock that was set back may have let pruning delete some between others.
  const hole = found.findIndex(({ sequence }, index) => sequence !== after.sequence + 1 + index);
  const events = hole < 0 ? found : found.slice(0, hole);
  return { kind: 'events', events, cursor: { ...newest, sequence: after.sequence + events.length } };
}
