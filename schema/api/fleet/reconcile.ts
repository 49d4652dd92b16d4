import * as v from 'valibot';
import { problemSchema } from '../../problem.ts';
import { objectMessage } from '../common.ts';

/** Why an executor removes nothing at present. */
export const removalHoldSchema = v.object({
  /** `restored`: the database is older than the recorded state of the host. `orphans`: too many objects have no row. */
  reason: v.picklist(['restored', 'orphans']),
  detail: v.string(),
  /** How to end the hold. */
  hint: v.string(),
  /** With `restored`: operations up to this sequence wait until the hold ends. */
  sequence: v.optional(v.number()),
});
export type RemovalHold = v.InferOutput<typeof removalHoldSchema>;

/** An object on a host that bears this database's label and has no row. */
export const orphanSchema = v.object({
  /** What it is, as its technology calls it: `link`, `namespace`. */
  kind: v.string(),
  /** The namespace that a link is in; null: the host's own. */
  namespace: v.nullable(v.string()),
  name: v.string(),
  label: v.string(),
});

/** The result of a dry run. */
export const resyncSchema = v.object({
  differences: v.array(
    v.object({
      /** The subject that differs from its desired state. */
      resource: v.string(),
      repair: v.string(),
      steps: v.array(v.object({ step: v.string(), item: v.nullable(v.string()) })),
      /** Why it cannot be repaired. */
      error: v.nullable(problemSchema),
    }),
  ),
  orphans: v.array(orphanSchema),
});
export type ResyncBody = v.InferOutput<typeof resyncSchema>;

/** What a person says of one orphan. */
export const orphanPostSchema = v.strictObject(
  { action: v.picklist(['adopt', 'delete'], 'must be adopt or delete') },
  objectMessage,
);

export const resyncQuerySchema = v.strictObject({
  dry_run: v.optional(
    v.pipe(
      v.picklist(['true', 'false'], 'must be true or false'),
      v.transform((text) => text === 'true'),
    ),
    'false',
  ),
});
