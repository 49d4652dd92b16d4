import type { CommitNotification } from '../../schema/database/database.ts';
import type { ExecutorSession } from '../../schema/store/store.ts';

/** The next turn of the loop: claim operations, or only ask whether there are any. */
export type Turn = 'claim' | 'poll';

/** Wakes the loop early: after a commit that this process notices, or when a place becomes free. It is only a hint. */
export class Doorbell {
  readonly #unsubscribe: () => void;
  readonly #timers = new Set<NodeJS.Timeout>();
  #rung: Turn | undefined;
  #wake: (() => void) | undefined;
  #end: (() => void) | undefined;
  #closed = false;

  constructor(session: Pick<ExecutorSession, 'subscribe'>) {
    this.#unsubscribe = session.subscribe((notification, joins) => {
      const turn = turnAfter(notification, joins);
      if (turn !== undefined) this.ring(turn);
    });
  }

  ring(turn: Turn): void {
    if (this.#rung !== 'claim') this.#rung = turn;
    this.#wake?.();
  }

  /** Rings after `milliseconds`. */
  ringAfter(turn: Turn, milliseconds: number): void {
    if (this.#closed) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.ring(turn);
    }, milliseconds);
    this.#timers.add(timer);
  }

  /** Returns at the next ring, or after `milliseconds`; at once if it rang since the last call. */
  async next(milliseconds: number): Promise<Turn> {
    if (this.#rung === undefined) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, milliseconds);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    const turn = this.#rung ?? 'poll';
    this.#wake = undefined;
    this.#rung = undefined;
    return turn;
  }

  /** Returns after `milliseconds`, even if it rings; at once when it is closed. */
  async pause(milliseconds: number): Promise<void> {
    if (this.#closed) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#end = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  close(): void {
    this.#closed = true;
    this.#unsubscribe();
    for (const timer of this.#timers) clearTimeout(timer);
    this.#end?.();
    this.ring('poll');
  }
}

/**
 * A claim that joins a commit is free, and a commit of operations for executors has something to claim. Undefined for
 * the ends of operations: the report itself returns whether they unblock others.
 */
function turnAfter(notification: CommitNotification | null, joins = false): Turn | undefined {
  if (joins || notification?.size === 0) return 'claim';
  return notification === null ? 'poll' : undefined;
}
