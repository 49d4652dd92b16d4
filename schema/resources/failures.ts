/** After this many consecutive failures a resource is `degraded`. */
export const FAILURES_UNTIL_DEGRADED = 5;

/**
 * The number of failed repairs of the subject since an operation on it succeeded, as SQL. `+`: the index of all failed
 * operations is not to be used.
 */
export function failuresInARow(subject: string): string {
  return `(
    SELECT count(*) FROM operations f
    WHERE f.resource = ${subject} AND f.principal = 'executor' AND +f.status = 'failed' AND f.sequence > coalesce((
      SELECT g.sequence FROM operations g WHERE g.resource = ${subject} AND +g.status = 'succeeded' ORDER BY g.sequence DESC LIMIT 1), 0))`;
}

/** The pause after one failure; each further one doubles it. */
const FIRST_PAUSE_MS = 30_000;
const LONGEST_PAUSE_MS = 600_000;

/** How long a repair waits after this many failures, in milliseconds, as SQL. */
export function pauseAfter(failures: string): string {
  return `min(${FIRST_PAUSE_MS} << min(${failures} - 1, 10), ${LONGEST_PAUSE_MS})`;
}
