import { type Database, DatabaseError, type OperationEnd } from '../../schema/database/database.ts';
import { type AcceptedOperation, isFinished, selectAccepted } from './operation.ts';
import { isExecutorSilent } from './waiting.ts';

const FIRST_PAUSE_MS = 25;
const LONGEST_PAUSE_MS = 500;
const PAUSE_GROWTH = 1.5;

/**
 * The pauses between the reads of a waiting request, in milliseconds, starting with 25. If reads are limited, they grow
 * so that the budget lasts for the whole wait; else up to half a second.
 */
export function pauses(milliseconds: number, readBudget: number): (turn: number) => number {
  if (readBudget === Number.POSITIVE_INFINITY) {
    return (turn) => Math.min(FIRST_PAUSE_MS * PAUSE_GROWTH ** turn, LONGEST_PAUSE_MS);
  }
  const growth = growthFor(milliseconds / FIRST_PAUSE_MS, readBudget);
  return (turn) => FIRST_PAUSE_MS * growth ** turn;
}

const BISECTIONS = 40;

/** The factor, 1 or more, whose first `count` powers (from the 0th on) add up to `sum` or a little more. */
function growthFor(sum: number, count: number): number {
  let [low, high] = [1, Math.max(1, sum)];
  for (let turn = 0; turn < BISECTIONS; turn += 1) {
    const middle = (low + high) / 2;
    const reached = middle === 1 ? count : (middle ** count - 1) / (middle - 1);
    if (reached < sum) low = middle;
    else high = middle;
  }
  return high;
}

export interface Patience {
  readonly seconds: number;
  /** How many reads it may take. */
  readonly readBudget: number;
  /** Ends the wait. */
  readonly stopping?: AbortSignal | undefined;
}

/**
 * Waits until the operation has ended, the time is over, or its executor is found dead; returns its last state. The
 * doorbell shortens the pauses and saves reads; correctness does not depend on it. A database that does not respond is
 * asked again, until the time is over.
 */
export async function waitForOperation(
  database: Database,
  accepted: AcceptedOperation,
  { seconds, readBudget, stopping }: Patience,
): Promise<AcceptedOperation> {
  const doorbell = listen(database, accepted.id);
  stopping?.addEventListener('abort', doorbell.ring);
  const end = performance.now() + seconds * 1000;
  const pause = pauses(seconds * 1000, readBudget);
  let row = accepted;
  try {
    for (let reads = 0; reads < readBudget && !isFinished(row) && !isExecutorSilent(row); reads += 1) {
      const left = end - performance.now();
      if (left <= 0 || stopping?.aborted) break;
      const ended = await doorbell.next(Math.min(pause(reads), left));
      if (ended) return { ...row, ...ended, result: ended.result ?? row.result };
      row = (await reload(database, row.id)) ?? row;
    }
    return row;
  } finally {
    stopping?.removeEventListener('abort', doorbell.ring);
    doorbell.close();
  }
}

async function reload(database: Database, operation: string): Promise<AcceptedOperation | undefined> {
  try {
    const [[row]] = await database.read([selectAccepted(operation)], { call: 'wait' });
    return row;
  } catch (error) {
    if (error instanceof DatabaseError && error.isAway) return undefined;
    throw error;
  }
}

interface Doorbell {
  /**
   * Returns after the next commit that may concern the operation, if this process notices it, or after a pause,
   * whichever is first; with the end of the operation, if the commit reported it. A ring between two calls is kept.
   */
  next(milliseconds: number): Promise<OperationEnd | null>;
  /** Acts as if a transaction had been committed. */
  readonly ring: () => void;
  close(): void;
}

function listen(database: Database, operation: string): Doorbell {
  let rung = false;
  let ended: OperationEnd | null = null;
  let wake: (() => void) | undefined;
  const ring = () => {
    rung = true;
    wake?.();
  };
  const unsubscribe = database.subscribe((notification) => {
    if (notification !== null && !notification.has(operation)) return;
    ended = notification?.get(operation) ?? ended;
    ring();
  });
  return {
    async next(milliseconds) {
      if (!rung) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, milliseconds);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      wake = undefined;
      rung = false;
      return ended;
    },
    ring,
    close: unsubscribe,
  };
}
