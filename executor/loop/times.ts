import { PASS_MS } from '../../schema/resources/readings.ts';

/** Durations and periods, in milliseconds. */
export interface LoopTimes {
  /** How long a claim is valid without a renewal. */
  readonly lease: number;
  /** How often claims are renewed. */
  readonly renew: number;
  /** How often a heartbeat is sent. */
  readonly heartbeat: number;
  /** How long an idle executor waits between two polls if the doorbell does not ring. */
  readonly poll: number;
  /** How often the host's capabilities are detected again. */
  readonly capabilities: number;
  /** How often old rows are pruned. */
  readonly prune: number;
  /** The pause after the first attempt with a transient error; each further one doubles it. */
  readonly retryFirst: number;
  readonly retryLongest: number;
  /** The same for failed calls to the database. */
  readonly databaseFirst: number;
  readonly databaseLongest: number;
  /** How often the progress of long operations is written; one that ends sooner never writes any. */
  readonly progress: number;
  /** How long an ended operation waits at most to be reported with those that were claimed with it. */
  readonly report: number;
  /** Events come in bursts: how long the first of one waits for the others. */
  readonly gather: number;
  /** The pause before a resource that an operation is changing is compared again. */
  readonly busy: number;
  /** The pause after a failed scan of a kind is `busy`, then doubles, up to this. */
  readonly scanLongest: number;
  /** How often the whole host is scanned, independently of events. */
  readonly scan: number;
  /** How often it is read what processes of containers use. */
  readonly statistics: number;
  /** How long an orphan is kept. */
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
  scanLongest: 30 * SECOND,
  scan: 30 * SECOND,
  statistics: PASS_MS,
  grace: 60 * SECOND,
  retention: 30 * DAY,
};

/** The pause after `failures` consecutive failures. */
export function growingPause(failures: number, first: number, longest: number): number {
  return Math.min(first * 2 ** Math.min(Math.max(0, failures - 1), 30), longest);
}
