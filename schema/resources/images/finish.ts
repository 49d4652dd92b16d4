import { now, type Statement, statement, type Value } from '../../database/database.ts';
import type { Arguments } from '../../statements/ending.ts';
import type { Finished, OperationDefinition } from '../definition.ts';
import { FAILURES_UNTIL_DEGRADED, failuresInARow } from '../failures.ts';
import { imageNameIn, imageOfSubject, imageSubject, isImageSubject, type StoredImage } from './rows.ts';

export const PULL_IMAGE = 'image.pull';
export const DELETE_IMAGE = 'image.delete';
export const ADOPT_IMAGE = 'image.adopt';
export const DISCARD_IMAGE = 'image.discard';
export const REPAIR_IMAGE = 'image.repair';

/** Those that decide whether an image is wanted. */
const presentKinds = `'${PULL_IMAGE}', '${ADOPT_IMAGE}'`;
const absentKinds = `'${DELETE_IMAGE}', '${DISCARD_IMAGE}'`;
const decidingKinds = `${presentKinds}, ${absentKinds}`;

/** What is on the host under the name when an operation has succeeded; null: nothing. */
export interface ImageEnd {
  readonly image: StoredImage | null;
}

const thisImage = "i.hypervisor = :hypervisor AND i.kind = 'oci' AND i.name = :name";

const observed = `
  digest = :digest, size = :size, created = :created, error = NULL, state = :state,
  state_since_ms = CASE state WHEN :state THEN state_since_ms ELSE ${now} END`;

/** The source of a request that names none is null. */
const pulledSpec = "json_object('source', :request ->> '$.source')";

const isLast = `NOT EXISTS (
  SELECT 1 FROM operation_subjects s WHERE s.subject = :resource AND s.sequence <> :sequence)`;

/** One that is asked for again meanwhile has nothing on the host until that request is done. */
const removed: readonly string[] = [
  `DELETE FROM images AS i WHERE ${thisImage} AND i.desired = 'absent' AND ${isLast}`,
  `UPDATE images AS i SET applied_spec = NULL, digest = NULL, size = NULL, created = NULL, state = 'pending', error = NULL,
     state_since_ms = ${now} WHERE ${thisImage}`,
];

const whenSucceeded: Readonly<Record<string, readonly string[]>> = {
  [PULL_IMAGE]: [`UPDATE images AS i SET applied_spec = ${pulledSpec}, ${observed} WHERE ${thisImage}`],
  [ADOPT_IMAGE]: [`UPDATE images AS i SET applied_spec = spec, ${observed} WHERE ${thisImage}`],
  [DELETE_IMAGE]: removed,
  [DISCARD_IMAGE]: removed,
  [REPAIR_IMAGE]: [
    `DELETE FROM images AS i WHERE ${thisImage} AND i.desired = 'absent' AND :digest IS NULL AND ${isLast}`,
    `UPDATE images AS i SET ${observed} WHERE ${thisImage}`,
  ],
};

/** One that is there stays as it is. */
const recordFailure = `UPDATE images AS i SET error = :error WHERE ${thisImage}`;

/** A failed removal is repaired, and shown: what it has left is unknown. */
const keepDesired = `
  UPDATE images AS i SET error = :error,
    state = CASE WHEN :kind <> '${REPAIR_IMAGE}' OR ${failuresInARow(':resource')} >= ${FAILURES_UNTIL_DEGRADED}
      THEN 'degraded' ELSE i.state END
  WHERE ${thisImage}`;

/** Writes the end of an operation into its image's row. */
export function finishImage(
  { hypervisor, operation, ending, end: { image } }: Finished<ImageEnd>,
  { onFailure }: OperationDefinition,
): Statement[] {
  const { kind, resource, sequence, request } = operation;
  const args: Record<string, Value> = {
    ...{ hypervisor, kind, resource, sequence, request },
    name: imageOfSubject(resource),
    error: ending.status === 'succeeded' ? null : JSON.stringify(ending.error),
    digest: image?.digest ?? null,
    size: image?.size ?? null,
    created: image?.created ?? null,
    state: image === null ? 'missing' : 'ready',
  };
  const run = (texts: readonly string[]) => texts.map((sql) => statement(sql, args));
  if (ending.status === 'succeeded') return run(whenSucceeded[kind] ?? []);
  if (ending.status === 'failed' && onFailure === 'repair') return run([keepDesired]);
  const takenBack = rollbackImages('SELECT :sequence', args);
  return ending.status === 'failed' ? [...takenBack, ...run([recordFailure])] : takenBack;
}

/** The images that these operations decided about. */
function decided(which: string): string {
  return `SELECT x.id FROM operations o
    CROSS JOIN images x ON x.hypervisor = o.hypervisor AND x.kind = 'oci' AND x.name = ${imageNameIn('o.resource')}
    WHERE o.sequence IN (${which}) AND o.kind IN (${decidingKinds}) AND ${isImageSubject('o.resource')}`;
}

/** All other unfinished operations of these kinds on the image, the last first. */
function others(which: string, column: string, kinds: string): string {
  return `SELECT ${column} FROM operation_subjects s CROSS JOIN operations o ON o.sequence = s.sequence
    WHERE s.subject = ${imageSubject} AND o.kind IN (${kinds}) AND s.sequence NOT IN (${which}) ORDER BY s.sequence DESC LIMIT 1`;
}

/** What is wanted of an image is what the last other unfinished operation says, else what is there. */
export function rollbackImages(which: string, args: Arguments): Statement<never>[] {
  return [
    `UPDATE images AS i SET
       spec = coalesce((${others(which, "json_object('source', o.request ->> '$.source')", `'${PULL_IMAGE}'`)}), applied_spec, spec),
       desired = CASE WHEN (${others(which, 'o.kind', decidingKinds)}) IN (${absentKinds}) THEN 'absent' ELSE 'present' END
     WHERE id IN (${decided(which)})`,
    `DELETE FROM images AS i WHERE applied_spec IS NULL AND id IN (${decided(which)})
       AND NOT EXISTS (SELECT 1 FROM operation_subjects s WHERE s.subject = ${imageSubject} AND s.sequence NOT IN (${which}))`,
  ].map((sql) => statement(sql, args));
}
