import { Problem } from '../../schema/problem.ts';
import type { AppContext } from './context.ts';

/** Default and maximum of the time that a write waits for its operation, in seconds. */
export const WAIT_MAX_SECONDS = 30;

export interface Preference {
  /** Seconds to wait for the operation; 0 answers 202 at once. */
  readonly wait: number;
  /** Whether the client requested an answer at once. */
  readonly asynchronous: boolean;
  /** Whether the client specified how long to wait. */
  readonly given: boolean;
}

/** The waiting preferences of a `Prefer` header (RFC 7240); `otherwise` is the default wait. */
export function readPreference(header: string | undefined, otherwise: number): Preference {
  const preferences = (header ?? '').split(',').map((part) => part.split(';')[0]?.trim().toLowerCase() ?? '');
  const asked = preferences
    .map((part) => /^wait\s*=\s*"?(\d{1,9})"?$/.exec(part)?.[1])
    .find((part) => part !== undefined);
  if (preferences.some((part) => /^wait\s*=/.test(part)) && asked === undefined) {
    throw new Problem('malformed', 'Prefer: wait must be a whole number of seconds', {
      errors: [{ parameter: 'Prefer', detail: 'wait must be a whole number of seconds' }],
    });
  }
  const asynchronous = preferences.includes('respond-async');
  if (asked === undefined) return { wait: asynchronous ? 0 : otherwise, asynchronous, given: false };
  return { wait: Math.min(Number(asked), WAIT_MAX_SECONDS), asynchronous, given: true };
}

/** Reports in `Preference-Applied` which preferences were applied; `waited`: the seconds that it could have waited. */
export function setPreferenceApplied(c: AppContext, { asynchronous, given }: Preference, waited: number): void {
  const applied = [...(asynchronous ? ['respond-async'] : []), ...(given ? [`wait=${waited}`] : [])];
  if (applied.length > 0) c.header('preference-applied', applied.join(', '));
}
