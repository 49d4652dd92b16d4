import { Problem } from '../../schema/problem.ts';
import type { AppContext } from '../context.ts';

/** How long a write waits for its operation where the client does not say, in seconds; also the longest it may ask for. */
export const WAIT_MAX_SECONDS = 30;

export interface Preference {
  /** Seconds to wait for the operation; 0 answers 202 at once. */
  readonly wait: number;
  /** What `Preference-Applied` says; undefined where the client asked for nothing. */
  readonly applied: string | undefined;
}

/** What the client says of waiting in its `Prefer` header (RFC 7240); `otherwise` is the wait of one who says nothing. */
export function readPreference(header: string | undefined, otherwise: number): Preference {
  const preferences = (header ?? '').split(',').map((part) => part.split(';')[0]?.trim().toLowerCase() ?? '');
  const asked = preferences
    .map((part) => /^wait\s*=\s*"?(\d{1,9})"?$/.exec(part)?.[1])
    .find((part) => part !== undefined);
  if (preferences.some((part) => /^wait\s*=/.test(part)) && asked === undefined) {
    throw new Problem('malformed', 'Prefer: wait wants a whole number of seconds', {
      errors: [{ parameter: 'Prefer', detail: 'wait wants a whole number of seconds' }],
    });
  }
  const wait = asked === undefined ? undefined : Math.min(Number(asked), WAIT_MAX_SECONDS);
  if (preferences.includes('respond-async')) {
    return { wait: wait ?? 0, applied: wait === undefined ? 'respond-async' : `respond-async, wait=${wait}` };
  }
  return wait === undefined ? { wait: otherwise, applied: undefined } : { wait, applied: `wait=${wait}` };
}

export function applyPreference(c: AppContext, otherwise: number): number {
  const { wait, applied } = readPreference(c.req.header('prefer'), otherwise);
  if (applied !== undefined) c.header('preference-applied', applied);
  return wait;
}
