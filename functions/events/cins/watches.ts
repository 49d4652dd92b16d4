import { type Database, DatabaseError } from '../../../schema/database/database.ts';
import { pause } from '../../operations/pause.ts';
import type { Cursor } from '../cursor.ts';
import type { Feed, Follower } from '../feed.ts';
import type { Page } from '../page.ts';
import { findCin } from './find.ts';
import { type CinReference, readCinState } from './state.ts';
import { type CinListener, CinWatch } from './watch.ts';

const RETRY_MS = 250;

interface CinWatchesOptions {
  readonly database: Database;
  readonly feed: Feed;
  /** Called for an error that is not the database's being away. */
  readonly report: (error: unknown) => void;
}

/** The CINs that are watched by anyone in this process, and the one follower of the feed that tells them of events. */
export class CinWatches {
  readonly #database: Database;
  readonly #feed: Feed;
  readonly #report: (error: unknown) => void;
  readonly #watches = new Map<string, CinWatch>();
  #follower: Follower | undefined;
  /** The newest event that watches were told of. */
  #newest = 0;

  constructor({ database, feed, report }: CinWatchesOptions) {
    this.#database = database;
    this.#feed = feed;
    this.#report = (error) => {
      if (!(error instanceof DatabaseError && error.isAway)) report(error);
    };
  }

  /** See {@link findCin}. */
  find(host: string | null, name: string): Promise<CinReference> {
    return findCin(this.#database, host, name);
  }

  /** Tells the listener the state of the CIN and its changes, until the returned function is called. */
  join(cin: CinReference, listener: CinListener): () => void {
    const key = `${cin.hypervisor}/${cin.name}`;
    const watch = this.#watches.get(key) ?? this.#open(cin);
    this.#watches.set(key, watch);
    if (this.#follower === undefined) this.#follow();
    watch.join(listener);
    return () => {
      watch.leave(listener);
      if (watch.size === 0 && this.#watches.get(key) === watch) this.#watches.delete(key);
      if (this.#watches.size > 0) return;
      this.#follower?.close();
      this.#follower = undefined;
      this.#newest = 0;
    };
  }

  #open(cin: CinReference): CinWatch {
    return new CinWatch(cin, this.#newest, {
      read: () => readCinState(this.#database, cin),
      report: this.#report,
    });
  }

  #follow(): void {
    const follower = this.#feed.follow();
    this.#follower = follower;
    void this.#passOn(follower);
  }

  async #passOn(follower: Follower): Promise<void> {
    let cursor: Cursor | null = null;
    while (this.#follower === follower) {
      const page: Page | null = await this.#next(follower, cursor);
      if (page === null) continue;
      if (cursor === null || page.kind === 'gap') this.#passGap(page);
      else this.#passEvents(page);
      cursor = page.kind === 'gap' ? page.newest : page.cursor;
    }
  }

  async #next(follower: Follower, cursor: Cursor | null): Promise<Page | null> {
    try {
      return await follower.next(cursor);
    } catch (error) {
      this.#report(error);
      await pause(RETRY_MS);
      return null;
    }
  }

  /** Also at the beginning: a watch may have been opened before the cursor was known. */
  #passGap(page: Page): void {
    this.#newest = page.kind === 'gap' ? page.newest.sequence : page.cursor.sequence;
    for (const watch of this.#watches.values()) watch.seeGap(this.#newest);
  }

  #passEvents(page: Extract<Page, { kind: 'events' }>): void {
    this.#newest = page.cursor.sequence;
    for (const event of page.events) for (const watch of this.#watches.values()) watch.see(event);
  }
}
