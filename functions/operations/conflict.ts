import { Problem } from '../../schema/problem.ts';
import { preconditionFailed } from '../http/entity-tag.ts';
import type { CommandContext } from './command-context.ts';
import type { Guard } from './command-definition.ts';
import { pause } from './pause.ts';

/**
 * Abort the batch unless the row `:id` still exists and has the revision `:revision` that was read; `:revision` is null
 * if the client named none.
 */
export function revisionGuards<From>(
  table: 'hypervisors' | 'subnets',
  missing: (input: From) => Problem,
): Guard<From & CommandContext>[] {
  const row = `SELECT 1 FROM ${table} WHERE id = :id`;
  const isCurrent = `:revision IS NULL OR EXISTS (${row} AND revision = :revision)`;
  return [
    { id: 'gone', holds: `EXISTS (${row})`, problem: missing },
    {
      id: 'changed_meanwhile',
      holds: ({ ifMatch }) => (ifMatch === undefined ? null : isCurrent),
      problem: preconditionFailed,
    },
  ];
}

/** The data that a write was based on has changed: it is read again, and the write is retried. */
export class VersionConflict extends Problem {
  constructor() {
    super('conflict', 'Conflict: modified concurrently', { hint: 'Send the request again' });
  }
}

const ATTEMPTS_MAX = 10;
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 1_000;

/**
 * Reads and writes until no other write came in between. The pauses are random and grow, so that competing writers
 * collide less and less, even in different processes.
 */
export async function retryOnConflict<Result>(attempt: () => Promise<Result>): Promise<Result> {
  for (let attempts = 1; ; attempts += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof VersionConflict) || attempts === ATTEMPTS_MAX) throw error;
      await pause(Math.random() * Math.min(FIRST_PAUSE_MS * 2 ** attempts, LONGEST_PAUSE_MS));
    }
  }
}
