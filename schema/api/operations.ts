import * as v from 'valibot';
import { operationStatuses } from '../operation-statuses.ts';
import { problemSchema } from '../problem.ts';
import { PAGE_DEFAULT, PAGE_MAX, wholeNumber } from './pages.ts';

/** The part of a list for one network, in the result of the list's operation. */
export const itemSchema = v.object({
  id: v.string(),
  status: v.picklist(operationStatuses),
  error: v.optional(problemSchema),
});

export const operationSchema = v.object({
  id: v.string(),
  sequence: v.number(),
  parent: v.nullable(v.string()),
  hypervisor: v.nullable(v.string()),
  kind: v.string(),
  subjects: v.array(v.string()),
  request: v.unknown(),
  status: v.picklist(operationStatuses),
  progress: v.object({ done: v.number(), total: v.number(), step: v.nullable(v.string()) }),
  attempt: v.number(),
  /** It was cancelled, and its executor is rolling it back. */
  cancelling: v.optional(v.boolean()),
  /** Why it has not begun: what it waits for. */
  waiting: v.optional(v.string()),
  /** `items` of a list; `was` of a removal: the resource as it was. */
  result: v.nullable(v.object({ items: v.optional(v.array(itemSchema)), was: v.optional(v.unknown()) })),
  error: v.nullable(problemSchema),
  principal: v.string(),
  created: v.string(),
  started: v.nullable(v.string()),
  finished: v.nullable(v.string()),
});
export type OperationBody = v.InferOutput<typeof operationSchema>;

export const operationsQuerySchema = v.strictObject({
  status: v.optional(v.picklist(operationStatuses, `must be one of ${operationStatuses.join(', ')}`)),
  kind: v.optional(v.string()),
  subject: v.optional(v.string()),
  parent: v.optional(v.string()),
  /** The `next` of the previous page: the sequence of its last operation. */
  before: v.optional(wholeNumber(1, Number.MAX_SAFE_INTEGER)),
  limit: v.optional(wholeNumber(1, PAGE_MAX), `${PAGE_DEFAULT}`),
});
export type OperationsQuery = v.InferOutput<typeof operationsQuerySchema>;
