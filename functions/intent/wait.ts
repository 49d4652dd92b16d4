import type { Database } from '../../schema/database/database.ts';
import { type AcceptedOperation, isFinished, isWaitingForTheDead, selectAccepted } from './operation.ts';

const FIRST_PAUSE_MS = 25;
const LONGEST_PAUSE_MS = 500;
const PAUSE_GROWTH = 1.5;

/**
 * Waits until the operation has ended, `seconds` are over, its executor is found dead, or `readBudget` reads are spent;
 * answers it as it is then. The doorbell shortens the pauses, nothing depends on it.
 */
export async function waitForOperation(
  database: Database,
  accepted: AcceptedOperation,
  seconds: number,
  readBudget: number,
): Promise<AcceptedOperation> {
  const doorbell = listen(database, accepted.id);
  const end = performance.now() + seconds * 1000;
  let row = accepted;
  let pause = FIRST_PAUSE_MS;
  try {
    for (let reads = 0; reads < readBudget && !isFinished(row) && !isWaitingForTheDead(row); reads += 1) {
      const left = end - performance.now();
      if (left <= 0) break;
      await doorbell.next(Math.min(pause, left));
      pause = Math.min(pause * PAUSE_GROWTH, LONGEST_PAUSE_MS);
      const [rows] = await database.read([selectAccepted(row.id)]);
      row = rows[0] ?? row;
    }
    return row;
  } finally {
    doorbell.close();
  }
}

/**
 * The next commit that may concern the operation, as far as this process notices it, or the end of a pause, whichever
 * is first; a ring in between is kept.
 */
function listen(database: Database, operation: string): { next(milliseconds: number): Promise<void>; close(): void } {
  let rung = false;
  let wake: (() => void) | undefined;
  const unsubscribe = database.subscribe((about) => {
    if (about !== null && !about.has(operation)) return;
    rung = true;
    wake?.();
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
    },
    close: unsubscribe,
  };
}
