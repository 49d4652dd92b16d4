import type { Database } from '../../schema/database/database.ts';
import type { Logger } from '../../schema/process/logger.ts';
import { expireOperations } from '../commands/operations/expire.ts';

/** How often to look for expired operations of dead hypervisors. */
const INTERVAL_MS = 5_000;

/**
 * Periodically ends operations of dead hypervisors after their deadline; returns a function that stops it. A failure of
 * the database is logged once, and so is its end.
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
