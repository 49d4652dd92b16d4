import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { defaultTimes } from '../../executor/loop/times.ts';
import { openRemote } from '../../schema/database/remote.ts';
import { waiting } from '../conformance/example.ts';
import { Lab } from '../faults/lab.ts';
import { CountingDatabase } from '../support/counting-database.ts';
import { type LibsqlServer, startLibsqlServer } from '../support/libsql-server.ts';
import { scannedKinds } from '../support/scanned.ts';
import { until } from '../support/until.ts';

/* The requests of weft to a remote database over HTTP: each call is a round trip, and may be charged. */

const HOUR = 3_600_000;
/** Operations that were claimed together wait twice as long for each other to be reported together. */
const ROUND_TRIP_MS = 300;

/** Disables periodic work, which does not belong to an action. */
const times = {
  ...defaultTimes,
  ...{ lease: HOUR, renew: HOUR, heartbeat: HOUR, progress: HOUR, report: HOUR, poll: 20 },
};

/** Periodic, whether there is work or not. */
const BY_THE_CLOCK = ['poll', 'wait'];

interface Counted {
  readonly lab: Lab;
  readonly database: CountingDatabase;
  readonly server: LibsqlServer;
}

/** An API and an executor that are not notified of each other's commits, as in two processes. */
async function apart(): Promise<Counted> {
  let opened: Omit<Counted, 'lab'> | undefined;
  const lab = await Lab.open({
    times,
    openDatabase: async (directory) => {
      const server = await startLibsqlServer(join(directory, 'weft.db'));
      const remote = openRemote(server.url);
      const database = new CountingDatabase({ ...remote, subscribe: () => () => undefined });
      opened = { database, server };
      return {
        database,
        async close() {
          database.close();
          await server.close();
        },
      };
    },
  });
  onTestFinished(() => lab.clear());
  if (!opened) throw new Error('there is no database');
  return { lab, ...opened };
}

/** Returns when there are only periodic calls between two polls. */
async function atRest(database: CountingDatabase): Promise<void> {
  await until('nothing is asked any more', () => {
    const last = database.calls.slice(-12);
    return last.length === 12 && last.every(({ call }) => BY_THE_CLOCK.includes(call));
  });
}

/** The requests of an action by their names, and the number of statements in its report. */
async function work(database: CountingDatabase, act: () => Promise<unknown>) {
  await atRest(database);
  database.take();
  await act();
  const reports = database.calls.filter(({ call }) => call === 'report');
  const statements = reports.reduce((sum, each) => sum + each.statements, 0);
  const taken = Object.entries(database.take());
  // A scan is triggered by the events of the work, and comes before or after its end.
  const own = taken.filter(([call]) => !BY_THE_CLOCK.includes(call) && !call.startsWith('scan.'));
  return { requests: Object.fromEntries(own), statements };
}

it('an executor starts with a few requests, and with one read for each kind of object on its host', async () => {
  const { lab, database, server } = await apart();
  database.take();
  const before = server.requests.length;
  await lab.startExecutor();
  await atRest(database);
  const { poll = 0, 'scan.write': noted = 0, ...start } = database.take();
  expect(start).toEqual({
    ...{ identify: 1, 'take-over': 1, register: 1, 'spp.forget': 1, renew: 1, 'processes.read': 1 },
    ...Object.fromEntries(scannedKinds.map((name) => [`scan.${name}`, 1])),
    'scan.held': scannedKinds.length,
    ...{ 'prune.select': 2, prune: 1, 'blocks.note': 1 },
  });
  // At most one for each kind of resource.
  expect(noted).toBeLessThanOrEqual(scannedKinds.length);
  const sum = Object.values(start).reduce((all, each) => all + each, poll + noted);
  expect(server.requests.length - before - sum).toBeLessThanOrEqual(1);
});

it('a write is one request to accept it, and three to execute it, for any number of operations', async () => {
  const { lab, database, server } = await apart();
  await lab.startExecutor();
  const put = await work(database, () => lab.request('PUT', '/host/host1/web', undefined, waiting));
  // The one without a name reads the container for the answer.
  expect(put.requests).toEqual({ accept: 1, claim: 1, load: 1, report: 1, unnamed: 1 });

  const asynchronous = { prefer: 'respond-async', 'idempotency-key': 'one' };
  const again = await work(database, async () => {
    await lab.request('PUT', '/host/host1/db', undefined, asynchronous);
    await atRest(database);
  });
  expect(again.requests).toEqual({ accept: 1, claim: 1, load: 1, report: 1 });

  const cenList = Array.from({ length: 10 }, (_, cen) => ({
    cenID: `n${cen}`,
    containerIDs: Array.from({ length: 10 }, (_each, ordinal) => `c${cen}-${ordinal}`),
  }));
  const imported = await work(database, () => lab.request('POST', '/cen/import', { cenList }, waiting));
  expect(imported.requests).toEqual({ accept: 1 });
  server.faults.set({ delayMs: ROUND_TRIP_MS });
  const made = await work(database, () =>
    lab.request(
      'POST',
      '/cen/make',
      cenList.map(({ cenID }) => cenID),
      waiting,
    ),
  );
  server.faults.clear();
  expect(made.requests).toEqual({ accept: 1, claim: 1, load: 1, report: 1, unnamed: 1 });
  expect(put.statements).toBeLessThanOrEqual(25);
  expect(made.statements).toBeLessThanOrEqual(198);
});
