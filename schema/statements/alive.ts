import { now } from '../database/database.ts';

/** The period of an executor's heartbeats. */
export const HEARTBEAT_MS = 10_000;

/** An executor without a heartbeat for three periods is considered dead. */
export const ALIVE_MS = 3 * HEARTBEAT_MS;

/**
 * Whether the executor of a hypervisor is alive, 0 or 1, by the database's clock; `hypervisor` is its alias in the
 * query. A heartbeat in the future was written before the clock was set back, and proves nothing. `at`: another time,
 * as SQL, if several statements must use the same.
 */
export function alive(hypervisor: string, at = now): string {
  return `coalesce(${hypervisor}.last_seen_ms > ${at} - ${ALIVE_MS} AND ${hypervisor}.last_seen_ms <= ${at} + ${HEARTBEAT_MS}, 0)`;
}

/** The opposite of {@link alive}, from the milliseconds since the last heartbeat; null: there was none. */
export function isSilent(silentMs: number | null): boolean {
  return silentMs === null || silentMs >= ALIVE_MS || silentMs < -HEARTBEAT_MS;
}

/** The time of the last heartbeat, as text. */
export function lastSeen(silentMs: number | null): string {
  if (silentMs === null) return 'never seen';
  const seconds = Math.round(Math.abs(silentMs) / 1000);
  if (silentMs < -HEARTBEAT_MS) return `last seen ${seconds} s in the future: the clock was set back`;
  return `last seen ${silentMs < 0 ? 0 : seconds} s ago`;
}
