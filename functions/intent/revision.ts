import { guard, type Statement } from '../../schema/database/database.ts';
import { Problem } from '../../schema/problem.ts';

const GONE = 'gone';
const CHANGED = 'changed_meanwhile';

/**
 * Aborts the batch unless the row is there still, and at the revision that was read; null: at whatever revision. To be
 * put before what changes it.
 */
export function guardRevision(
  table: 'hypervisors' | 'subnets',
  id: string,
  revision: number | null,
): Statement<never>[] {
  const row = `SELECT 1 FROM ${table} WHERE id = :id`;
  return [
    guard(GONE, `EXISTS (${row})`, { id }),
    ...(revision === null ? [] : [guard(CHANGED, `EXISTS (${row} AND revision = :revision)`, { id, revision })]),
  ];
}

/** The words for a row that is not there any more, or is not what the client has seen. */
export function explainRevision({ reason }: { readonly reason: string }, missing: () => Problem): Problem | undefined {
  if (reason === GONE) return missing();
  return reason === CHANGED ? notAsSeen() : undefined;
}

export function notAsSeen(): Problem {
  return new Problem('precondition_failed', 'It was changed since: If-Match does not match', {
    hint: 'Read it again, and send the change with its new ETag',
    errors: [{ parameter: 'If-Match', detail: 'does not match' }],
  });
}

/** What was read to be merged is something else by now: it is to be read and merged again. */
export class ChangedMeanwhile extends Problem {
  constructor() {
    super('conflict', 'Other requests were faster, again and again', { hint: 'Send the request again' });
  }
}

const MERGES_MAX = 50;

/** Reads, merges and writes until nobody else has written in between. */
export async function merging<Result>(attempt: () => Promise<Result>): Promise<Result> {
  for (let merges = 1; ; merges += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof ChangedMeanwhile) || merges === MERGES_MAX) throw error;
    }
  }
}
