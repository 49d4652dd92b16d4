import type { RemovalHold } from '../api/fleet/reconcile.ts';
import { type Database, now, type Statement, statement } from '../database/database.ts';
import type { ClaimedOperation, Labelled } from '../resources/definition.ts';
import { areRunning } from './attempts.ts';
import { fileGarbageCollection, noteOrphans, type OrphansOfKind } from './orphans.ts';
import { fence, type Registration } from './registration.ts';
import { noteRemovalHold } from './removal-hold.ts';
import { fileRepairs, type Repair } from './repairs.ts';

/** The findings of a scan of the host. */
export interface ScanRecord {
  readonly repairs: readonly Repair[];
  /** With this scan, every kind has scanned the whole host. */
  readonly isWhole: boolean;
  /** The orphans that full scans found. */
  readonly orphans: readonly SeenOrphans[];
  /** Undefined: the removal hold does not change. */
  readonly hold?: RemovalHold | null;
}

/** All orphans with these labels. */
export interface SeenOrphans {
  readonly labels: readonly Labelled['kind'][];
  readonly orphans: readonly Labelled[];
}

/** Records findings and files the repairs that are due; returns their subjects. */
export async function recordScan(database: Database, registration: Registration, scan: ScanRecord): Promise<string[]> {
  const notes = notesOf(registration, scan);
  if (notes.length === 0 && scan.repairs.length === 0) return [];
  const { statements, selectFiled } = fileRepairs(registration, { repairs: scan.repairs, asked: null });
  const repairs = scan.repairs.length === 0 ? [] : statements;
  const rows = await database.write([fence(registration), ...notes, ...repairs, selectFiled], { call: 'scan.write' });
  return subjectsOf(rows);
}

/** The same for an operation that requested the scan, and that ends with the repairs, if there are any. */
export async function recordResync(
  database: Database,
  registration: Registration,
  asked: ClaimedOperation,
  scan: ScanRecord,
): Promise<string[]> {
  const { statements, selectFiled } = fileRepairs(registration, { repairs: scan.repairs, asked: asked.id });
  const repairs = scan.repairs.length === 0 ? [] : [...statements, ...handOver(asked)];
  const rows = await database.write(
    [fence(registration), areRunning(registration, [asked]), ...notesOf(registration, scan), ...repairs, selectFiled],
    { call: 'resync' },
  );
  return subjectsOf(rows);
}

/** Files the removal of orphans whose grace time is over. `scanMs`: see {@link fileGarbageCollection}. */
export async function collectDue(
  database: Database,
  registration: Registration,
  found: OrphansOfKind,
  scanMs: number,
): Promise<void> {
  const filing = fileGarbageCollection(registration, { ...found, asked: null, scanMs });
  await database.write([fence(registration), ...filing], { call: 'orphans.sweep' });
}

/**
 * Files the removal of all these orphans for an operation that requested it and ends with it; the removal hold ends.
 */
export async function collectAsked(
  database: Database,
  registration: Registration,
  asked: ClaimedOperation,
  found: readonly OrphansOfKind[],
  scanMs: number,
): Promise<void> {
  await database.write(
    [
      fence(registration),
      areRunning(registration, [asked]),
      ...noteRemovalHold(registration, null),
      ...found.flatMap((each) => fileGarbageCollection(registration, { ...each, asked: asked.id, scanMs })),
      ...handOver(asked),
    ],
    { call: 'sweep' },
  );
}

function notesOf(registration: Registration, { isWhole, orphans, hold }: ScanRecord): Statement<never>[] {
  const { hypervisor } = registration;
  return [
    ...(isWhole
      ? [statement(`UPDATE hypervisors SET scanned_ms = ${now} WHERE id = :hypervisor`, { hypervisor })]
      : []),
    ...orphans.flatMap((each) => noteOrphans(registration, each.labels, each.orphans)),
    ...(hold === undefined ? [] : noteRemovalHold(registration, hold)),
  ];
}

/** An operation that is done by others becomes their parent, and ends with the last of them. */
function handOver({ id, sequence }: ClaimedOperation): Statement<never>[] {
  const hasParts = 'EXISTS (SELECT 1 FROM operations c WHERE c.parent = :sequence)';
  return [
    `UPDATE operations SET resource = NULL, epoch = NULL, lease_until_ms = NULL WHERE id = :id AND ${hasParts}`,
    `DELETE FROM operation_subjects WHERE sequence = :sequence AND ${hasParts}`,
  ].map((sql) => statement(sql, { id, sequence }));
}

function subjectsOf(rows: readonly (readonly unknown[])[]): string[] {
  return (rows.at(-1) ?? []).map((row) => String(Reflect.get(Object(row), 'subject')));
}
