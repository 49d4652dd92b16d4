import * as v from 'valibot';
import { problemSchema } from '../../problem.ts';

/** Why an executor removes nothing by itself at present. */
export const removalHoldSchema = v.object({
  /** `restored`: the database is older than what the host has seen. `orphans`: too much has no row any more. */
  reason: v.picklist(['restored', 'orphans']),
  detail: v.string(),
  /** What ends it. */
  hint: v.string(),
  /** Of `restored`: operations up to this sequence wait until it has ended. */
  sequence: v.optional(v.number()),
});
export type RemovalHold = v.InferOutput<typeof removalHoldSchema>;

/** Something on a host that bears this database's label and belongs to nothing that the database knows. */
export const orphanSchema = v.object({
  /** What it is, as its technology calls it: `link`, `namespace`. */
  kind: v.string(),
  /** The namespace that a link is in; null: the host's own. */
  namespace: v.nullable(v.string()),
  name: v.string(),
  label: v.string(),
});

/** What a dry run would do. */
export const resyncSchema = v.object({
  differences: v.array(
    v.object({
      /** The subject whose part of the host is not as wanted. */
      resource: v.string(),
      repair: v.string(),
      steps: v.array(v.object({ step: v.string(), item: v.nullable(v.string()) })),
      /** What is in the way. */
      error: v.nullable(problemSchema),
    }),
  ),
  orphans: v.array(orphanSchema),
});
export type ResyncBody = v.InferOutput<typeof resyncSchema>;

export const resyncQuerySchema = v.strictObject({
  dry_run: v.optional(
    v.pipe(
      v.picklist(['true', 'false'], 'must be true or false'),
      v.transform((text) => text === 'true'),
    ),
    'false',
  ),
});
