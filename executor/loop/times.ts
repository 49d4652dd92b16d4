/** How long things may take and how often they happen, in milliseconds. */
export interface LoopTimes {
  /** How long a claim holds without a renewal. */
  readonly lease: number;
  /** How often claims are renewed. */
  readonly renew: number;
  /** How often the executor says that it is there. */
  readonly heartbeat: number;
  /** How long an executor sleeps when nothing rings: it asks the database as often what there is for it. */
  readonly poll: number;
  /** How often the host is asked again what it is capable of. */
  readonly capabilities: number;
  /** How often old rows are looked for. */
  readonly prune: number;
  /** The pause after the first attempt that met something transient; each further one doubles it. */
  readonly retryFirst: number;
  readonly retryLongest: number;
  /** The same for calls that the database did not take. */
  readonly databaseFirst: number;
  readonly databaseLongest: number;
  /** How often the progress of long operations is written; one that ends sooner never writes any. */
  readonly progress: number;
  /** How long an ended operation waits at most to be reported with those that were claimed with it. */
  readonly report: number;
  /** Events come in bursts: how long the first of one waits for the others. */
  readonly gather: number;
  /** What an operation is changing is looked at again after so long. */
  readonly busy: number;
  /** A kind that could not be looked at is looked at again after `busy`, then twice that, at most this. */
  readonly lookLongest: number;
  /** How often the whole host is compared with what is wanted, whatever events said. */
  readonly scan: number;
  /** How long an orphan is left alone. */
  readonly grace: number;
  /** How long ended operations and events are kept. */
  readonly retention: number;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const DAY = 24 * 60 * MINUTE;

export const defaultTimes: LoopTimes = {
  lease: 15 * SECOND,
  renew: 5 * SECOND,
  heartbeat: 10 * SECOND,
  poll: SECOND,
  capabilities: 10 * MINUTE,
  prune: 10 * MINUTE,
  retryFirst: 200,
  retryLongest: 30 * SECOND,
  databaseFirst: 100,
  databaseLongest: 5 * SECOND,
  progress: 500,
  report: 200,
  gather: 100,
  busy: 500,
  lookLongest: 30 * SECOND,
  scan: 30 * SECOND,
  grace: 60 * SECOND,
  retention: 30 * DAY,
};

/** The pause after so many failures in a row. */
export function growingPause(failures: number, first: number, longest: number): number {
  return Math.min(first * 2 ** Math.min(Math.max(0, failures - 1), 30), longest);
}
