import { type Database, DatabaseError } from '../../schema/database/database.ts';
import { pause } from '../operations/pause.ts';
import type { Cursor } from './cursor.ts';
import { Doorbell } from './doorbell.ts';
import { type EventPage, PAGE_EVENTS, type Page, readNewest, readPage } from './page.ts';
import { RecentEvents } from './recent-events.ts';

/** The pauses between polls, in milliseconds: they grow while there are no events. */
export interface PollPauses {
  readonly first: number;
  readonly longest: number;
  readonly growth: number;
}

/** For a process that is notified of most commits, and reads as often as it likes. */
export const POLL_OFTEN: PollPauses = { first: 25, longest: 500, growth: 1.5 };

/** For a request that is notified of no commits, and may read only a few dozen times. */
export const POLL_SELDOM: PollPauses = { first: 250, longest: 5_000, growth: 1.3 };

/** Commits within this time, in milliseconds, are read together. */
const GATHER_MS = 5;

interface FeedOptions {
  readonly pauses?: PollPauses;
  /** Called for an error that is not the database's being away; reading goes on. */
  readonly report?: (error: unknown) => void;
}

/** A reader of the feed, at its own speed. */
export interface Follower {
  /**
   * The events after the cursor, as soon as there are any, or the gap after it; without a cursor an empty page with the
   * cursor of now. Null: the follower was closed. Throws {@link DatabaseError} if a reader that is far behind cannot be
   * served.
   */
  next(after: Cursor | null): Promise<Page | null>;
  close(): void;
}

/**
 * The events of a database in the order of their commits, for any number of followers in one process. One loop reads
 * new events for all of them, soon after the commits that this process notices, and after pauses. It runs while there
 * is a follower. Followers are not queued for: one that reads slowly reads from the database what is no longer in
 * memory.
 */
export class Feed {
  readonly #database: Database;
  readonly #pauses: PollPauses;
  readonly #report: (error: unknown) => void;
  readonly #doorbell = new Doorbell();
  readonly #followers = new Set<Follower>();
  #recent: RecentEvents | undefined;
  /** Resolved when there may be something new for followers. */
  #news = Promise.withResolvers<void>();
  #isReading = false;

  constructor(database: Database, { pauses = POLL_OFTEN, report = () => undefined }: FeedOptions = {}) {
    this.#database = database;
    this.#pauses = pauses;
    this.#report = report;
  }

  follow(): Follower {
    const follower: Follower = {
      next: (after) => this.#next(follower, after),
      close: () => {
        this.#followers.delete(follower);
        this.#announce();
        this.#doorbell.ring();
      },
    };
    this.#followers.add(follower);
    if (!this.#isReading) void this.#readOn();
    return follower;
  }

  async #next(follower: Follower, after: Cursor | null): Promise<Page | null> {
    while (this.#followers.has(follower)) {
      const news = this.#news.promise;
      const page = after === null ? this.#now() : await this.#after(after);
      if (page !== undefined && (after === null || page.kind === 'gap' || page.events.length > 0)) return page;
      await news;
    }
    return null;
  }

  #now(): EventPage | undefined {
    return this.#recent && { kind: 'events', events: [], cursor: this.#recent.head };
  }

  async #after(cursor: Cursor): Promise<Page> {
    return this.#recent?.after(cursor, PAGE_EVENTS) ?? readPage(this.#database, cursor);
  }

  async #readOn(): Promise<void> {
    this.#isReading = true;
    const unsubscribe = this.#database.subscribe(this.#doorbell.ring);
    let quiet = 0;
    while (this.#followers.size > 0) {
      quiet = (await this.#advance()) ? 0 : quiet + 1;
      await pause(GATHER_MS);
      await this.#doorbell.wait(this.#pauseAfter(quiet) - GATHER_MS);
    }
    unsubscribe();
    this.#recent = undefined;
    this.#isReading = false;
  }

  #pauseAfter(quiet: number): number {
    const { first, longest, growth } = this.#pauses;
    return Math.min(first * growth ** quiet, longest);
  }

  /** Reads what is new; whether there was anything. */
  async #advance(): Promise<boolean> {
    try {
      const before = this.#recent?.head;
      if (this.#recent === undefined) this.#recent = new RecentEvents(await readNewest(this.#database));
      else await this.#append(this.#recent);
      if (this.#recent.head === before) return false;
      this.#announce();
      return true;
    } catch (error) {
      if (!(error instanceof DatabaseError && error.isAway)) this.#report(error);
      return false;
    }
  }

  async #append(recent: RecentEvents): Promise<void> {
    const page = await readPage(this.#database, recent.head);
    if (page.kind === 'gap') this.#recent = new RecentEvents(page.newest);
    else if (page.events.length > 0) recent.append(page);
    // More than a page is waiting.
    if (page.kind === 'events' && page.events.length === PAGE_EVENTS) this.#doorbell.ring();
  }

  #announce(): void {
    this.#news.resolve();
    this.#news = Promise.withResolvers<void>();
  }
}
