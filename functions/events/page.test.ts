import { expect, it } from 'vitest';
import { type Database, statement } from '../../schema/database/database.ts';
import { temporaryDatabase } from '../../test/support/database.ts';
import { insertEvents } from '../../test/support/events.ts';
import { type Page, readNewest, readPage } from './page.ts';

/** A database with ten events. */
async function ten(): Promise<{ database: Database; at: (sequence: number) => ReturnType<typeof cursorAt> }> {
  const database = await temporaryDatabase();
  await insertEvents(database, 10);
  const newest = await readNewest(database);
  return { database, at: (sequence) => cursorAt(newest, sequence) };
}

const cursorAt = (newest: Awaited<ReturnType<typeof readNewest>>, sequence: number) => ({ ...newest, sequence });
const sequences = (page: Page) => (page.kind === 'events' ? page.events.map(({ sequence }) => sequence) : page);

it('begins at nothing in a new database', async () => {
  const database = await temporaryDatabase();
  const newest = await readNewest(database);
  expect(newest).toEqual({ database: expect.stringMatching(/^[0-9a-f-]{36}$/), generation: 0, sequence: 0 });
  expect(await readPage(database, newest)).toEqual({ kind: 'events', events: [], cursor: newest });
});

it('reads the events after a cursor, in pages', async () => {
  const { database, at } = await ten();
  const first = await readPage(database, at(3), 4);
  expect(sequences(first)).toEqual([4, 5, 6, 7]);
  expect(first).toMatchObject({ kind: 'events', cursor: at(7) });
  expect(sequences(await readPage(database, at(7), 4))).toEqual([8, 9, 10]);
  expect(await readPage(database, at(10))).toEqual({ kind: 'events', events: [], cursor: at(10) });
});

it('tells of pruned events, and where the oldest are that there are', async () => {
  const { database, at } = await ten();
  await database.write([statement('DELETE FROM events WHERE sequence <= 6')]);
  const gap = { kind: 'gap', reason: 'pruned', oldest: at(6), newest: at(10) };
  expect(await readPage(database, at(0))).toEqual(gap);
  expect(await readPage(database, at(5))).toEqual(gap);
  expect(sequences(await readPage(database, at(6)))).toEqual([7, 8, 9, 10]);
});

it('tells of pruned events when none are left', async () => {
  const { database, at } = await ten();
  await database.write([statement('DELETE FROM events')]);
  expect(await readPage(database, at(9))).toEqual({ kind: 'gap', reason: 'pruned', oldest: at(10), newest: at(10) });
  expect(await readPage(database, at(10))).toEqual({ kind: 'events', events: [], cursor: at(10) });
});

it('reads up to events that were pruned between others, and then tells of them', async () => {
  const { database, at } = await ten();
  await database.write([statement('DELETE FROM events WHERE sequence IN (4, 5)')]);
  const page = await readPage(database, at(1));
  expect(sequences(page)).toEqual([2, 3]);
  expect(page).toMatchObject({ cursor: at(3) });
  expect(await readPage(database, at(3))).toEqual({ kind: 'gap', reason: 'pruned', oldest: at(5), newest: at(10) });
});

it('tells of a cursor that is ahead of the newest event', async () => {
  const { database, at } = await ten();
  expect(await readPage(database, at(11))).toEqual({ kind: 'gap', reason: 'ahead', oldest: at(10), newest: at(10) });
});

it('tells of a restore, and of another database', async () => {
  const { database, at } = await ten();
  await database.write([statement('UPDATE database SET restore_generation = 1')]);
  const newest = { ...at(10), generation: 1 };
  const gap = { kind: 'gap', reason: 'restored', newest };
  expect(await readPage(database, at(3))).toEqual({ ...gap, oldest: { ...newest, sequence: 3 } });
  const other = { ...newest, database: crypto.randomUUID() };
  expect(await readPage(database, other)).toEqual({ ...gap, oldest: newest });
});
