import { pino } from 'pino';
import type { Kind } from '../../executor/kinds/kind.ts';
import type { Change, Resource, Step } from '../../executor/kinds/resource.ts';
import { Heartbeat } from '../../executor/loop/heartbeat.ts';
import { Lease } from '../../executor/loop/lease.ts';
import { Reporter } from '../../executor/loop/report.ts';
import type { LoopTimes } from '../../executor/loop/times.ts';
import { type Database, statement } from '../../schema/database/database.ts';
import { query } from '../../schema/resources/definition.ts';
import type { PollRequest } from '../../schema/store/claim.ts';
import { openSession } from '../../schema/store/database-store.ts';
import type { Machine } from '../../schema/store/machine.ts';
import type { Registration } from '../../schema/store/registration.ts';
import type { ExecutorSession } from '../../schema/store/store.ts';

const HOUR = 3_600_000;

/* Common to the loop's tests: operations in a database, and a host that is a number. */

export const machine: Machine = {
  machineId: 'machine-1',
  bootId: 'boot-1',
  capabilities: {},
  version: '0',
  resources: { memory: 1024, disk: 2048, cpu: 4, freeMemory: 512, load: 0.5 },
};
export const hypervisorId = '01900000-0000-7000-8000-000000000001';

const insertOperation = `
  INSERT INTO operations (id, parent, hypervisor, kind, resource, request, generation, status, not_before_ms, deadline_ms, attempt, done, total, principal, created_ms)
  SELECT :id, :parent, :hypervisor, :kind, :resource, '{}', 0, 'pending', 0, t + :deadline, :attempt, 0, 1, 'test', t
  FROM (SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER) AS t)`;

interface Filed {
  subjects?: readonly string[];
  parent?: number;
  deadlineMs?: number;
  kind?: string;
  attempt?: number;
}

/** Files an operation that changes these subjects. */
export async function file(
  database: Database,
  id: string,
  { subjects = [id], parent, deadlineMs = 60_000, kind: operationKind = 'test.do', attempt = 0 }: Filed = {},
): Promise<void> {
  const args = {
    id,
    kind: operationKind,
    attempt,
    parent: parent ?? null,
    hypervisor: hypervisorId,
    resource: subjects[0] ?? null,
    deadline: deadlineMs,
  };
  await database.write([
    statement(insertOperation, args),
    statement(
      'INSERT INTO operation_subjects SELECT value, (SELECT sequence FROM operations WHERE id = :id) FROM json_each(:subjects)',
      { id, subjects: JSON.stringify(subjects) },
    ),
  ]);
}

export interface OperationState {
  id: string;
  status: string;
  attempt: number;
  error: string | null;
}

export async function states(database: Database): Promise<OperationState[]> {
  const [rows] = await database.read([
    statement<OperationState>(
      "SELECT id, status, attempt, error ->> '$.detail' AS error FROM operations ORDER BY sequence",
    ),
  ]);
  return rows;
}

export const take = async (database: Database, registration: Registration, limit = 10) =>
  (await claimed(database, registration, limit)).map(({ id }) => id);

export const claimed = async (database: Database, registration: Registration, limit = 10) =>
  (await sessionOf(database, registration).claim({ ...NOTHING_AWAY, limit, leaseMs: shortTimes.lease })).claimed;

const NOTHING_AWAY: PollRequest = { away: [], longestPauseMs: 100 };

/** A host that is a number, which each operation increases to its desired value, step by step. */
export interface Counter {
  value: number;
  fail: (step: Counted) => Error | undefined;
  taken: string[];
}

export const counting = (): Counter => ({ value: 0, fail: () => undefined, taken: [] });

/** Increases the host's number from 0 to 1. */
export const one: Change<number> = { before: 0, after: 1, total: 1 };

export interface Counted extends Step {
  readonly name: 'count.up' | 'count.down';
}

export function counterKind(counter: Counter, change: Change<number>, onFailure: 'undo' | 'repair' = 'undo'): Kind {
  const resource: Resource<number, number, Counted> = {
    observe: async () => counter.value,
    observeAll: async () => counter.value,
    plan: (desired, observed) => {
      if (desired === observed) return [];
      return [{ name: desired > observed ? 'count.up' : 'count.down', item: `${observed}` }];
    },
    apply: async (step) => {
      const error = counter.fail(step);
      if (error) throw error;
      counter.taken.push(step.name);
      counter.value += step.name === 'count.up' ? 1 : -1;
    },
    removes: ({ name }) => name === 'count.down',
  };
  const counted: Kind<null, number, number, number, Counted, null> = {
    definition: {
      name: 'test',
      technology: 'netns',
      operations: { 'test.do': { onFailure } },
      repair: () => 'test.do',
      load: () => query([], () => () => null),
      loadIdle: () => null,
      finish: () => [],
    },
    spec: { change: () => change, desired: (desired) => desired, end: () => null },
    resource,
  };
  return counted;
}

/** A hundred times shorter than the defaults, except what each test waits for explicitly. */
export const shortTimes: LoopTimes = {
  ...{
    lease: HOUR,
    renew: 50,
    heartbeat: 100,
    poll: 5,
    progress: 5,
    report: 200,
    gather: 1,
    busy: 5,
    scanLongest: 100,
  },
  ...{ retryFirst: 2, retryLongest: 100, databaseFirst: 1, databaseLongest: 20 },
  ...{ capabilities: HOUR, prune: HOUR, scan: HOUR, grace: HOUR, statistics: HOUR, retention: HOUR },
};

export function executorDefaults(times: Partial<LoopTimes> = {}) {
  const all = { ...shortTimes, ...times };
  const host = { ...{ resources: async () => machine.resources, capabilities: () => machine.capabilities } };
  const heartbeat = new Heartbeat({ machine, host: { ...host, refresh: async () => undefined } });
  return { lease: new Lease(all.lease), heartbeat, log: pino({ level: 'silent' }), times: all };
}

/** Renews the lease once, as the pulse does. */
export async function renew(
  database: Database,
  registration: Registration,
  owned: readonly number[] = [],
): Promise<void> {
  await sessionOf(database, registration).renew({ owned, leaseMs: HOUR }, null);
}

export function reporterOf(database: Database, registration: Registration): Reporter {
  return new Reporter({
    ...{ store: sessionOf(database, registration), times: shortTimes },
    poll: () => NOTHING_AWAY,
    onError: () => undefined,
    isClosing: () => false,
  });
}

/** The database as an executor with these kinds has it. */
export function sessionOf(
  database: Database,
  registration: Registration,
  kinds: readonly Pick<Kind, 'definition'>[] = [],
): ExecutorSession {
  return openSession(
    database,
    registration,
    kinds.map(({ definition }) => definition),
  );
}

/** What is idle of a {@link counterKind}. */
export interface IdleNumber {
  readonly subject: string;
  readonly generation: number;
  readonly subjects: readonly string[];
  readonly eventNames: readonly string[];
  readonly desired: number;
}

/** The same session, in which this is idle. */
export function withIdle(session: ExecutorSession, numbers: readonly IdleNumber[], since = 9e9): ExecutorSession {
  return {
    ...session,
    async *loadIdle() {
      yield { idle: numbers.map(({ desired, ...each }) => ({ ...each, rows: desired })), busy: [], since };
    },
  };
}
