import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Reporter } from '../../executor/loop/report.ts';
import { defaultTimes } from '../../executor/loop/times.ts';
import { type Database, now, statement } from '../../schema/database/database.ts';
import { openEmbedded } from '../../schema/database/embedded.ts';
import { migrate } from '../../schema/database/migrate.ts';
import { openSession } from '../../schema/store/database-store.ts';
import { register } from '../../schema/store/registration.ts';

/* Cost of a long history: the loop's statements on a database with few and with a million ended operations. */

const HYPERVISOR = '01900000-0000-7000-8000-000000000001';
const DAY_MS = 86_400_000;
const BATCH = 50_000;
const CLAIMS = 300;
const WAITING = 20_000;

const columns = `id, hypervisor, kind, resource, request, generation, status, not_before_ms, deadline_ms, attempt, done, total,
  principal, created_ms, finished_ms`;

const insertHistory = `
  INSERT INTO operations (${columns})
  WITH RECURSIVE n (value) AS (SELECT :from UNION ALL SELECT value + 1 FROM n WHERE value < :from + ${BATCH} - 1)
  SELECT 'history' || value, :hypervisor, 'container.create', 'hypervisors/' || :hypervisor || '/containers/c' || (value % 10000), '{}', 0,
    'succeeded', 0, 0, 1, 1, 1, 'bench', ${now} - 40 * ${DAY_MS}, ${now} - 40 * ${DAY_MS}
  FROM n`;

const insertWork = `
  INSERT INTO operations (${columns})
  SELECT :id, :hypervisor, 'container.create', :id, '{}', 0, 'pending', 0, 9000000000000000, 0, 0, 1, 'bench', ${now}, NULL`;

/** Operations blocked by `first`, which is running. */
const insertWaiting = `
  INSERT INTO operations (${columns})
  WITH RECURSIVE n (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < ${WAITING})
  SELECT 'waiting' || value, :hypervisor, 'container.create', 'first', '{}', 0, 'pending', 0, 9000000000000000, 0, 0, 1, 'bench', ${now}, NULL
  FROM n`;

/** Files pending operations that are blocked. */
async function fileWaiting(database: Database): Promise<void> {
  await database.write([
    statement(insertWork, { id: 'first', hypervisor: HYPERVISOR }),
    statement(insertWaiting, { hypervisor: HYPERVISOR }),
    statement("INSERT INTO operation_subjects SELECT 'first', sequence FROM operations WHERE resource = 'first'"),
    statement("UPDATE operations SET status = 'running', epoch = -1 WHERE id = 'first'"),
  ]);
}

const nothingAway = { away: [], longestPauseMs: defaultTimes.retryLongest };

async function medianClaim(database: Database, round: string): Promise<number> {
  const resources = { memory: 0, disk: 0, cpu: 0, freeMemory: 0, load: 0 };
  const machine = { machineId: null, bootId: 'boot', capabilities: {}, version: '0', resources };
  const registration = await register(database, 'host1', HYPERVISOR, machine);
  const session = openSession(database, registration, []);
  const reporter = new Reporter({
    ...{ store: session, times: defaultTimes },
    poll: () => nothingAway,
    onError: () => undefined,
    isClosing: () => false,
  });
  const times: number[] = [];
  for (let turn = 0; turn < CLAIMS; turn += 1) {
    const id = `${round}-${turn}`;
    await database.write([
      statement(insertWork, { id, hypervisor: HYPERVISOR }),
      statement('INSERT INTO operation_subjects SELECT :id, sequence FROM operations WHERE id = :id', { id }),
    ]);
    const began = performance.now();
    const { claimed } = await session.claim({ ...nothingAway, limit: 64, leaseMs: defaultTimes.lease });
    times.push(performance.now() - began);
    for (const operation of claimed) await reporter.report(operation, { status: 'succeeded', error: null });
  }
  return times.sort((left, right) => left - right)[CLAIMS / 2] ?? 0;
}

function print(what: string, figure: string): void {
  console.log(`${what.padEnd(72)} ${figure}`);
}

const directory = mkdtempSync(join(tmpdir(), 'weft-bench-'));
const database = openEmbedded(join(directory, 'weft.db'));
try {
  await migrate(database);
  print('claim of an operation, an empty history', `${(await medianClaim(database, 'empty')).toFixed(3)} ms`);
  for (let from = 0; from < 1_000_000; from += BATCH) {
    await database.write([statement(insertHistory, { from, hypervisor: HYPERVISOR })]);
  }
  print('claim of an operation, a million ended ones', `${(await medianClaim(database, 'full')).toFixed(3)} ms`);
  await fileWaiting(database);
  const waiting = `claim of an operation, beside ${WAITING.toLocaleString('en')} blocked ones`;
  print(waiting, `${(await medianClaim(database, 'waiting')).toFixed(3)} ms`);
} finally {
  database.close();
  rmSync(directory, { recursive: true });
}
