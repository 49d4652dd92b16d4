import type { Database, Ended } from '../../schema/database/database.ts';
import { type AcceptedOperation, isFinished, isWaitingForTheDead, selectAccepted } from './operation.ts';

const FIRST_PAUSE_MS = 25;
const LONGEST_PAUSE_MS = 500;
const PAUSE_GROWTH = 1.5;

/**
 * Waits until the operation has ended, `seconds` are over, its executor is found dead, or `readBudget` reads are spent;
 * answers it as it is then. The doorbell shortens the pauses and saves reads, nothing depends on it.
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
      const ended = await doorbell.next(Math.min(pause, left));
      if (ended) return { ...row, ...ended, result: ended.result ?? row.result };
      pause = Math.min(pause * PAUSE_GROWTH, LONGEST_PAUSE_MS);
      const [rows] = await database.read([selectAccepted(row.id)]);
      row = rows[0] ?? row;
    }
    return row;
  } finally {
    doorbell.close();
  }
}

interface Doorbell {
  /**
   * Returns with the next commit that may concern the operation, as far as this process notices it, or after a pause,
   * whichever is first; how it ended, where the commit told. A ring in between is kept.
   */
  next(milliseconds: number): Promise<Ended | null>;
  close(): void;
}

function listen(database: Database, operation: string): Doorbell {
  let rung = false;
  let ended: Ended | null = null;
  let wake: (() => void) | undefined;
  const unsubscribe = database.subscribe((news) => {
    if (news !== null && !news.has(operation)) return;
    rung = true;
    ended = news?.get(operation) ?? ended;
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
      return ended;
    },
    close: unsubscribe,
  };
}
