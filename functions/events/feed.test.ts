import { expect, it, onTestFinished } from 'vitest';
import { type Database, DatabaseError, statement } from '../../schema/database/database.ts';
import { CountingDatabase } from '../../test/support/counting-database.ts';
import { temporaryDatabase } from '../../test/support/database.ts';
import { insertEvents } from '../../test/support/events.ts';
import { until } from '../../test/support/until.ts';
import type { Cursor } from './cursor.ts';
import { Feed, type Follower, POLL_OFTEN } from './feed.ts';

/** So long that nothing is found by polling. */
const NEVER = { first: 3_600_000, longest: 3_600_000, growth: 1 };

function followerOf(feed: Feed): Follower {
  const follower = feed.follow();
  onTestFinished(() => follower.close());
  return follower;
}

async function now(follower: Follower): Promise<Cursor> {
  const page = await follower.next(null);
  if (page?.kind !== 'events') throw new Error('without a cursor there is no gap');
  return page.cursor;
}

/** Follows until it has read a number of events; returns their sequences. */
async function sequencesOf(follower: Follower, from: Cursor, count: number): Promise<number[]> {
  const found: number[] = [];
  let cursor = from;
  while (found.length < count) {
    const page = await follower.next(cursor);
    if (page?.kind !== 'events') throw new Error(`no events: ${JSON.stringify(page)}`);
    found.push(...page.events.map(({ sequence }) => sequence));
    cursor = page.cursor;
  }
  return found;
}

const range = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, index) => first + index);

it('is woken by commits of its process, without a poll', async () => {
  const database = await temporaryDatabase();
  await insertEvents(database, 3);
  const follower = followerOf(new Feed(database, { pauses: NEVER }));
  const cursor = await now(follower);
  expect(cursor.sequence).toBe(3);
  const found = sequencesOf(follower, cursor, 3);
  await insertEvents(database, 1);
  await insertEvents(database, 2);
  expect(await found).toEqual([4, 5, 6]);
});

it('finds by polling what it is not notified of', async () => {
  const database = await temporaryDatabase();
  const deaf: Database = { ...database, subscribe: () => () => undefined };
  const follower = followerOf(new Feed(deaf, { pauses: { ...POLL_OFTEN, longest: 50 } }));
  const found = sequencesOf(follower, await now(follower), 2);
  await insertEvents(database, 2);
  expect(await found).toEqual([1, 2]);
});

it('reads once for all followers', async () => {
  const database = new CountingDatabase(await temporaryDatabase());
  const feed = new Feed(database, { pauses: NEVER });
  const followers = Array.from({ length: 50 }, () => followerOf(feed));
  const cursors = await Promise.all(followers.map(now));
  expect(database.take()).toEqual({ 'feed.newest': 1 });
  const found = followers.map((follower, index) => sequencesOf(follower, cursors[index] as Cursor, 5));
  await insertEvents(database, 5);
  expect(await Promise.all(found)).toEqual(followers.map(() => range(1, 5)));
  expect(database.take().feed).toBeLessThan(followers.length / 2);
});

it('serves a follower that is far behind from the database, without a hole', async () => {
  const database = new CountingDatabase(await temporaryDatabase());
  const feed = new Feed(database);
  const [slow, fast] = [followerOf(feed), followerOf(feed)];
  const start = await now(slow);
  const ahead = sequencesOf(fast, start, 5_000);
  for (let turn = 0; turn < 5; turn += 1) await insertEvents(database, 1_000);
  expect(await ahead).toEqual(range(1, 5_000));
  database.take();
  expect(await sequencesOf(slow, start, 5_000)).toEqual(range(1, 5_000));
  expect(database.take().feed).toBeGreaterThanOrEqual(6);
});

it('begins at a cursor of the past', async () => {
  const database = await temporaryDatabase();
  const feed = new Feed(database);
  const start = await now(followerOf(feed));
  await insertEvents(database, 700);
  expect(await sequencesOf(followerOf(new Feed(database)), start, 700)).toEqual(range(1, 700));
});

it('tells waiting followers of a restore', async () => {
  const database = await temporaryDatabase();
  await insertEvents(database, 3);
  const follower = followerOf(new Feed(database, { pauses: NEVER }));
  const cursor = await now(follower);
  const next = follower.next(cursor);
  await database.write([statement('UPDATE database SET restore_generation = 7')]);
  const newest = { ...cursor, generation: 7 };
  expect(await next).toEqual({ kind: 'gap', reason: 'restored', oldest: newest, newest });
  const found = sequencesOf(follower, newest, 1);
  await insertEvents(database, 1);
  expect(await found).toEqual([4]);
});

it('goes on after the database was away, and reports other errors', async () => {
  const database = await temporaryDatabase();
  const errors = [new DatabaseError('unavailable', 'x', 'away'), new DatabaseError('fault', 'x', 'a fault')];
  const reported: unknown[] = [];
  let reads = 0;
  const failing: Database = {
    ...database,
    read: (...args) => {
      const error = errors[reads];
      reads += 1;
      if (error !== undefined) throw error;
      return database.read(...args);
    },
  };
  const feed = new Feed(failing, { report: (error) => reported.push(error) });
  const follower = followerOf(feed);
  const found = sequencesOf(follower, await now(follower), 1);
  await insertEvents(database, 1);
  expect(await found).toEqual([1]);
  expect(reported).toEqual([errors[1]]);
});

it('stops when its last follower is closed, whose wait ends, and starts again with the next one', async () => {
  const database = await temporaryDatabase();
  let subscribed = 0;
  const counted: Database = {
    ...database,
    subscribe(listener, when) {
      subscribed += 1;
      const end = database.subscribe(listener, when);
      return () => {
        subscribed -= 1;
        end();
      };
    },
  };
  const feed = new Feed(counted, { pauses: NEVER });
  const [first, second] = [followerOf(feed), followerOf(feed)];
  const waits = [first.next(await now(first)), second.next(await now(second))];
  first.close();
  expect(await waits[0]).toBeNull();
  expect(subscribed).toBe(1);
  second.close();
  expect(await waits[1]).toBeNull();
  await until('it stops', () => subscribed === 0);
  const third = followerOf(feed);
  const found = sequencesOf(third, await now(third), 1);
  await insertEvents(database, 1);
  expect(await found).toEqual([1]);
  expect(subscribed).toBe(1);
});
