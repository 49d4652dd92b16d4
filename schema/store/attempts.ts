import { guard, type Statement } from '../database/database.ts';
import type { ClaimedOperation } from '../resources/definition.ts';
import type { Registration } from './registration.ts';

/** Why a batch was aborted that is about an attempt which is not this executor's any more. */
export const NOT_RUNNING = 'not_running';

const allRunning = `NOT EXISTS (
  SELECT 1 FROM json_each(:attempts) x LEFT JOIN operations o ON o.sequence = x.value ->> 'sequence'
  WHERE o.status IS NOT 'running' OR o.epoch IS NOT :epoch OR o.attempt IS NOT x.value ->> 'attempt')`;

/**
 * What was given back, ended by the API, or reported by a call whose answer was lost is not to be ended again; nor is
 * its work to be filed by a call that is executed when it was given up long ago.
 */
export function areRunning({ epoch }: Registration, operations: readonly ClaimedOperation[]): Statement<never> {
  const attempts = JSON.stringify(operations.map(({ sequence, attempt }) => ({ sequence, attempt })));
  return guard(NOT_RUNNING, allRunning, { epoch, attempts });
}
