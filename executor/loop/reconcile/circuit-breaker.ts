import type { RemovalHold } from '../../../schema/api/fleet/reconcile.ts';

/**
 * With more orphans than this at once, and more than this share of all labelled objects, an operator has to check
 * first.
 */
const BREAKER_COUNT = 5;
const BREAKER_PART = 0.1;

/** The circuit breaker: if so many objects are orphans at once, the database is more likely wrong than the host. */
export function circuitBreaker(orphans: number, labelled: number): RemovalHold | null {
  if (orphans <= BREAKER_COUNT || orphans <= labelled * BREAKER_PART) return null;
  return {
    reason: 'orphans',
    detail: `Circuit breaker open: ${orphans} of the ${labelled} objects with this database's label have no row in it; none of them is removed`,
    hint: 'If this is the right database, look at GET /hypervisors/{id}/orphans and DELETE that list; else give weft the right one',
  };
}
