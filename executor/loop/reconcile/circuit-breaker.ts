import type { RemovalHold } from '../../../schema/api/fleet/reconcile.ts';

/** More orphans than this at once, and more than this part of all that is labelled: then a person has to look. */
const BREAKER_COUNT = 5;
const BREAKER_PART = 0.1;

/** The circuit breaker: when so much is orphaned at once it is rather the database that is wrong. */
export function circuitBreaker(orphans: number, labelled: number): RemovalHold | null {
  if (orphans <= BREAKER_COUNT || orphans <= labelled * BREAKER_PART) return null;
  return {
    reason: 'orphans',
    detail: `Circuit breaker open: ${orphans} of the ${labelled} objects with this database's label have no row in it; none of them is removed`,
    hint: 'If this is the right database, look at GET /hypervisors/{id}/orphans and DELETE that list; else give weft the right one',
  };
}
