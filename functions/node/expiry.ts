import type { Database } from '../../schema/database/database.ts';
import type { Logger } from '../../schema/process/logger.ts';
import { expireOperations } from '../commands/operations/expire.ts';

/** How often to look for operations whose hypervisor did not come back in time. */
const INTERVAL_MS = 5_000;

/**
 * Ends again and again what dead hypervisors left until after its deadline; answers what stops that. That the database
 * is away is said once, and that it is back.
 */
export function startExpiry(database: Database, log: Logger, intervalMs = INTERVAL_MS): () => void {
  let busy = false;
  let failing = false;
  const expire = async () => {
    try {
      await expireOperations(database);
      if (failing) log.info('operations of dead hypervisors expire again');
      failing = false;
    } catch (error) {
      if (!failing) log.warn(`operations of dead hypervisors do not expire: ${textOf(error)}`);
      failing = true;
    }
  };
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    expire().finally(() => {
      busy = false;
    });
  }, intervalMs);
  return () => clearInterval(timer);
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
