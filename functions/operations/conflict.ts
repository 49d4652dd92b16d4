import { Problem } from '../../schema/problem.ts';
import { preconditionFailed } from '../http/entity-tag.ts';
import { type Guard, guard } from './guard.ts';
import { pause } from './pause.ts';

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
  missing: () => Problem,
): Guard[] {
  const row = `SELECT 1 FROM ${table} WHERE id = :id`;
  return [
    guard(GONE, `EXISTS (${row})`, { id }, missing),
    ...(revision === null
      ? []
      : [guard(CHANGED, `EXISTS (${row} AND revision = :revision)`, { id, revision }, preconditionFailed)]),
  ];
}

/** What a write had read is something else by now: it is to be read and meant again. */
export class VersionConflict extends Problem {
  constructor() {
    super('conflict', 'Conflict: modified concurrently', { hint: 'Send the request again' });
  }
}

const ATTEMPTS_MAX = 10;
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 1_000;

/**
 * Reads and writes until nobody else has written in between. Its pauses are of random length and grow: those who are
 * in each other's way meet less and less, also where nothing but the database tells them of each other.
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
