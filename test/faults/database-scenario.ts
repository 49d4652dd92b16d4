import type { LoopTimes } from '../../executor/loop/times.ts';
import { picture } from '../support/host.ts';
import { until } from '../support/until.ts';
import type { Lab } from './lab.ts';
import { type Outcome, outcomeOf } from './outcome.ts';
import { atRest } from './scenario.ts';

const HOUR = 3_600_000;

/**
 * A hundred times shorter than in production, but for the lease: on a busy machine one of 150 ms runs out although it is
 * renewed. Times that are not short here never pass, unless a scenario says otherwise.
 */
export const shortTimes: LoopTimes = {
  ...{
    lease: 600,
    renew: 50,
    heartbeat: 100,
    poll: 20,
    progress: 5,
    report: 200,
    gather: 5,
    busy: 5,
    scanLongest: 100,
  },
  ...{ retryFirst: 2, retryLongest: 100, databaseFirst: 1, databaseLongest: 50 },
  ...{ capabilities: HOUR, prune: HOUR, scan: HOUR, grace: HOUR, retention: HOUR, statistics: HOUR },
};

/** Work for an executor whose calls to the database are disturbed. */
export interface DatabaseScenario {
  readonly times: Partial<LoopTimes>;
  /** Prepares what exists before the first run and outlives all runs; returns a function that ends it. */
  readonly prepare?: (lab: Lab) => Promise<() => Promise<void>>;
  /** Does everything that causes the calls, and waits until they were made; returns the result to be compared. */
  readonly run: (lab: Lab) => Promise<unknown>;
  /** Runs undisturbed: removes what is left on the host and in rows. */
  readonly clear?: (lab: Lab) => Promise<void>;
}

export interface Result {
  readonly outcome: Outcome;
  readonly answers: unknown;
}

/** The state after a run, when every operation has ended. */
export async function resultOf(lab: Lab, answers: unknown): Promise<Result> {
  await atRest(lab);
  await until('what is running has ended', async () => {
    const [row] = await lab.sql("SELECT 1 FROM operations WHERE status IN ('pending', 'running')");
    return row === undefined;
  });
  return { outcome: await outcomeOf(lab, {}), answers };
}

/** Waits until a call has been made this many more times. */
export function called(lab: Lab, call: string, times = 1): () => Promise<void> {
  const before = lab.executorDatabase.count(call);
  return () => until(`${call} was called`, () => lab.executorDatabase.count(call) >= before + times);
}

/** Waits until a call that begins from now on has succeeded: the one in flight may have begun before. */
export function askedAnew(lab: Lab, call: string): Promise<void> {
  const before = lab.executorDatabase.answered(call);
  return until(`${call} was answered`, () => lab.executorDatabase.answered(call) >= before + 2);
}

export function hostIsAs(before: readonly string[]): Promise<void> {
  return until('the host is as it was', () => picture().join('\n') === before.join('\n'));
}
