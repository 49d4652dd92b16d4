import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import type { Database } from '../../../schema/database/database.ts';
import type { CinRows } from '../../support/cin-rows.ts';
import { CountingDatabase } from '../../support/counting-database.ts';
import { temporaryDatabase, temporaryDirectory } from '../../support/database.ts';
import { empty } from '../../support/database-template.ts';
import type { MonitorClient } from '../../support/monitor-client.ts';
import { until } from '../../support/until.ts';
import { serve } from './serve.ts';

/*
 * How long after a commit a client has the event that tells of it. The time that the commit itself takes counts as well.
 * Three times what is promised is allowed to a machine that is busy with other tests, to most of the events: a few wait
 * for a processor.
 */

/** Promised of commits that the server is notified of, in milliseconds: its own, and those in the same file. */
const NOTIFIED_MS = 50;
/** Of all others: the longest pause between two polls. */
const POLL_MS = 500;
const ALLOWED = 3;
const EVENTS = 20;

it('an event arrives within 50 ms of a commit of the same process', async () => {
  const { client, rows, untilQuiet } = await watched(await temporaryDatabase());
  await untilQuiet(8);
  const delays: number[] = [];
  for (let index = 0; index < EVENTS; index += 1) delays.push(await delayOf(client, () => add(rows, `c${index}`)));
  expect(client.told()).toHaveLength(EVENTS);
  expect(mostOf(delays)).toBeLessThan(ALLOWED * NOTIFIED_MS);
});

it('an event arrives as soon, long before the next poll, after a commit of another process in the same file', async () => {
  const file = join(temporaryDirectory(), 'weft.db');
  const database = await empty.open(file);
  onTestFinished(() => database.close());
  const { client, rows, untilQuiet } = await watched(database);
  const adding = await startAdding(file, rows);
  await untilQuiet(8);
  const delays: number[] = [];
  for (let index = 0; index < EVENTS; index += 1) {
    delays.push(await delayOf(client, () => askToAdd(adding, `c${index}`)));
  }
  expect(client.told()).toHaveLength(EVENTS);
  expect(mostOf(delays)).toBeLessThan(ALLOWED * NOTIFIED_MS);
});

it('an event arrives within a poll interval of a commit that the server is not notified of', async () => {
  const database = await temporaryDatabase();
  const { client, rows, untilQuiet } = await watched({ ...database, subscribe: () => () => undefined });
  // Pauses that still grew would be three times as long by now.
  await untilQuiet(13);
  expect(await delayOf(client, () => add(rows, 'c1'))).toBeLessThan(ALLOWED * POLL_MS);
});

/** The delay that three of four events do not exceed. */
function mostOf(delays: readonly number[]): number {
  return delays.toSorted((one, other) => one - other)[Math.floor(delays.length * 0.75)] ?? Number.NaN;
}

/** A server with a monitor on a CIN without containers. */
async function watched(database: Database) {
  const counting = new CountingDatabase(database);
  const { stage } = await serve(counting);
  const rows = await stage.cin();
  const client = await stage.connect();
  await client.start({ cinID: rows.cin });
  counting.take();
  /** The pauses between polls grow while these find nothing. */
  const untilQuiet = (polls: number) =>
    until(`${polls} polls are made`, () => counting.calls.filter(({ call }) => call === 'feed').length >= polls);
  return { client, rows, untilQuiet };
}

/** `commit` returns when it began, by the clock of the machine. */
async function delayOf(client: MonitorClient, commit: () => Promise<bigint>): Promise<number> {
  const arrival = once(client.socket, 'message').then(() => process.hrtime.bigint());
  const began = await commit();
  return Number((await arrival) - began) / 1e6;
}

async function add(rows: CinRows, name: string): Promise<bigint> {
  const began = process.hrtime.bigint();
  await rows.add([name]);
  return began;
}

async function startAdding(file: string, { hypervisor, cin }: CinRows): Promise<ChildProcess> {
  const child = fork(fileURLToPath(new URL('adding-process.ts', import.meta.url)), [file, hypervisor, cin]);
  onTestFinished(async () => {
    const ended = once(child, 'exit');
    child.disconnect();
    await ended;
  });
  await once(child, 'message');
  return child;
}

async function askToAdd(child: ChildProcess, name: string): Promise<bigint> {
  const answer = once(child, 'message');
  child.send(name);
  const [began] = await answer;
  return BigInt(began);
}
