import { guard, type Statement } from '../database/database.ts';
import type { ClaimedOperation } from '../resources/definition.ts';
import type { Registration } from './registration.ts';

/** The reason of an aborted batch about an attempt that no longer belongs to this executor. */
export const NOT_RUNNING = 'not_running';

const allRunning = `NOT EXISTS (
  SELECT 1 FROM json_each(:attempts) x LEFT JOIN operations o ON o.sequence = x.value ->> 'sequence'
  WHERE o.status IS NOT 'running' OR o.epoch IS NOT :epoch OR o.attempt IS NOT x.value ->> 'attempt')`;

/**
 * An operation that was released, ended by the API, or reported by a call whose answer was lost, must not be ended
 * again; nor may a call that is executed after the operation was released file its work.
 */
export function areRunning({ epoch }: Registration, operations: readonly ClaimedOperation[]): Statement<never> {
  const attempts = JSON.stringify(operations.map(({ sequence, attempt }) => ({ sequence, attempt })));
  return guard(NOT_RUNNING, allRunning, { epoch, attempts });
}
