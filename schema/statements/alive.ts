import { now } from '../database/database.ts';

/** How often an executor says that it is there. */
export const HEARTBEAT_MS = 10_000;

/** An executor that was not heard of for three heartbeats is taken for dead. */
export const ALIVE_MS = 3 * HEARTBEAT_MS;

/** Whether the executor of a hypervisor is alive, 0 or 1, by the database's clock; `hypervisor` is its alias in the query. */
export function alive(hypervisor: string): string {
  return `coalesce(${hypervisor}.last_seen_ms > ${now} - ${ALIVE_MS}, 0)`;
}
