import { v7 } from 'uuid';
import { type Database, now, type Statement, statement } from '../database/database.ts';
import type { Labelled } from '../resources/definition.ts';
import type { Registration } from './registration.ts';

const GARBAGE_COLLECTION_DEADLINE_MS = 600_000;

/** The key of an orphan. */
const orphanKey = '(o.kind, o.place, o.name, o.label)';
const listedKey = `j.value ->> 'kind', coalesce(j.value ->> 'place', ''), j.value ->> 'name', j.value ->> 'label'`;

/** Evaluates the list once, however many orphans are known. */
const listed = `(SELECT ${listedKey} FROM json_each(:orphans) j)`;
const isKnown = `o.hypervisor = :hypervisor AND ${orphanKey} = (${listedKey})`;

const forget = `
  DELETE FROM orphans AS o
  WHERE o.hypervisor = :hypervisor AND o.kind IN (SELECT value FROM json_each(:labels)) AND ${orphanKey} NOT IN ${listed}`;

const seeAgain = `
  UPDATE orphans AS o SET scans = 2
  WHERE o.hypervisor = :hypervisor AND o.scans = 1 AND ${orphanKey} IN ${listed}`;

const insertEvents = `
  INSERT INTO events (at_ms, hypervisor, type, subject, data)
  SELECT ${now}, :hypervisor, 'orphan.seen', 'hypervisors/' || :hypervisor || '/orphans', j.value
  FROM json_each(:orphans) j WHERE NOT EXISTS (SELECT 1 FROM orphans o WHERE ${isKnown})`;

const insert = `
  INSERT INTO orphans (hypervisor, kind, place, name, label, scans, first_seen_ms)
  SELECT DISTINCT :hypervisor, ${listedKey}, 1, ${now}
  FROM json_each(:orphans) j WHERE true
  ON CONFLICT DO NOTHING`;

/**
 * Records the orphans that a scan of everything with `labels` found: known ones are counted as seen again, and those
 * that are gone are deleted.
 */
export function noteOrphans(
  { hypervisor }: Registration,
  labels: readonly Labelled['kind'][],
  orphans: readonly Labelled[],
): Statement<never>[] {
  const args = { hypervisor, labels: JSON.stringify(labels), orphans: JSON.stringify(orphans) };
  return [forget, seeAgain, insertEvents, insert].map((sql) => statement(sql, args));
}

const selectDue = `
  SELECT j.key AS place FROM json_each(:orphans) j
  CROSS JOIN orphans o ON ${isKnown}
  WHERE o.scans >= 2 AND o.first_seen_ms + :grace <= ${now}`;

/** Of these orphans, those that two scans have seen and whose grace time is over. */
export async function dueOrphans(
  database: Database,
  { hypervisor }: Registration,
  orphans: readonly Labelled[],
  graceMs: number,
): Promise<Labelled[]> {
  const [rows] = await database.read(
    [statement<{ place: number }>(selectDue, { hypervisor, grace: graceMs, orphans: JSON.stringify(orphans) })],
    { call: 'orphans.due' },
  );
  return rows.flatMap(({ place }) => orphans[place] ?? []);
}

/** Orphans of one kind of resource. */
export interface OrphansOfKind {
  /** The kind of the operation that removes them. */
  readonly collection: string;
  readonly orphans: readonly Labelled[];
}

export interface GarbageCollectionRequest extends OrphansOfKind {
  /** Id of the operation that requested it and ends with it; null: their grace time is over. */
  readonly asked: string | null;
  /**
   * How long ago the scan that found them began, in milliseconds: a collection that ended since may have removed them.
   */
  readonly scanMs: number;
}

/**
 * Files the operation that removes orphans, unless one is unfinished or has ended since the scan began. If it is
 * executed twice, only one is filed.
 */
export function fileGarbageCollection(
  { hypervisor }: Registration,
  { collection, orphans, asked, scanMs }: GarbageCollectionRequest,
): Statement<never>[] {
  const args = {
    operation: v7(),
    parent: asked,
    hypervisor,
    kind: collection,
    subject: `hypervisors/${hypervisor}/orphans`,
    request: JSON.stringify({ orphans }),
    total: orphans.length,
    scan: Math.ceil(scanMs),
  };
  return [
    `INSERT INTO operations (id, parent, hypervisor, kind, resource, request, generation, status, not_before_ms, deadline_ms, attempt,
       done, total, principal, created_ms)
     SELECT :operation, (SELECT sequence FROM operations WHERE id = :parent), :hypervisor, :kind, :subject, :request, 0, 'pending',
       ${now}, ${now} + ${GARBAGE_COLLECTION_DEADLINE_MS}, 0, 0, :total, 'executor', ${now}
     WHERE NOT EXISTS (SELECT 1 FROM operation_subjects WHERE subject = :subject)
       AND coalesce((SELECT finished_ms FROM operations WHERE resource = :subject ORDER BY sequence DESC LIMIT 1) < ${now} - :scan, 1)`,
    `INSERT OR IGNORE INTO operation_subjects (subject, sequence)
     SELECT :subject, sequence FROM operations WHERE id = :operation`,
    `INSERT INTO events (at_ms, hypervisor, type, subject, data)
     SELECT created_ms, hypervisor, 'operation.accepted', resource, json_object('operation', id, 'kind', kind)
     FROM operations WHERE id = :operation AND changes() > 0`,
  ].map((sql) => statement(sql, args));
}
