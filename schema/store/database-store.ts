import type { Database } from '../database/database.ts';
import type { Note, ResourceDefinition } from '../resources/definition.ts';
import { resources } from '../resources/registry.ts';
import { claim, poll } from './claim.ts';
import { scanRows } from './idle.ts';
import { load } from './load.ts';
import { dueOrphans } from './orphans.ts';
import { recordProgress } from './progress.ts';
import { findOldest, prune } from './prune.ts';
import { fence, findLastExecutor, identify, type Registration, register, whyFenced } from './registration.ts';
import { readRemovalHold } from './removal-hold.ts';
import { heartbeat, renew } from './renewal.ts';
import { report } from './report.ts';
import { collectAsked, collectDue, recordResync, recordScan } from './scans.ts';
import type { ExecutorSession, ExecutorStore } from './store.ts';

/** An executor's store for a database that it accesses directly. */
export function databaseStore(database: Database): ExecutorStore {
  return {
    identify: () => identify(database),
    findLastExecutor: (name) => findLastExecutor(database, name),
    register: ({ name, id, machine, seen, after }) => register(database, name, id, machine, seen, after),
    open: (registration) => openSession(database, registration, resources),
  };
}

export function openSession(
  database: Database,
  registration: Registration,
  definitions: readonly ResourceDefinition[],
): ExecutorSession {
  const definitionOf = (kind: string) => definitions.find(({ operations }) => Object.hasOwn(operations, kind));
  return {
    registration,
    ...scanRows(database, registration.hypervisor, definitions),
    subscribe: (listener) => database.subscribe(listener, 'early'),
    poll: (request) => poll(database, registration, request),
    claim: (request) => claim(database, registration, request),
    renew: (renewal, state) => renew(database, registration, renewal, state),
    heartbeat: (state) => heartbeat(database, registration, state),
    load: (operations) => load(database, registration, definitionOf, operations),
    recordProgress: (notes) => recordProgress(database, registration, notes),
    report: (reports, next) => report(database, registration, definitionOf, reports, next),
    readRemovalHold: () => readRemovalHold(database, registration),
    recordScan: (scan) => recordScan(database, registration, scan),
    recordResync: (asked, scan) => recordResync(database, registration, asked, scan),
    dueOrphans: (orphans, graceMs) => dueOrphans(database, registration, orphans, graceMs),
    collectDue: (found, scanMs) => collectDue(database, registration, found, scanMs),
    collectAsked: (asked, found, scanMs) => collectAsked(database, registration, asked, found, scanMs),
    findOldest: (log, after, retentionMs) => findOldest(database, log, after, retentionMs),
    prune: (rows, retentionMs) => prune(database, rows, retentionMs),
    note: (note, data) => writeNote(database, registration, note, data),
    whyFenced: () => whyFenced(database, registration),
  };
}

async function writeNote<Data, Row>(
  database: Database,
  registration: Registration,
  { call, statements }: Note<Data, Row>,
  data: Data,
): Promise<Row[][]> {
  const batch = [fence(registration), ...statements(registration.hypervisor, data)];
  const [, ...rows] = await database.write(batch, { audience: 'none', call });
  return rows as Row[][];
}
