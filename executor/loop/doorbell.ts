import type { CommitNotification } from '../../schema/database/database.ts';
import type { ExecutorSession } from '../../schema/store/store.ts';

/** What the loop is to do next: take what is there, or only ask whether something is. */
export type Turn = 'claim' | 'poll';

/** Wakes the loop early: with a commit that this process notices, or when a place became free. Only ever a hint. */
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

  /** Rings after so many milliseconds. */
  ringAfter(turn: Turn, milliseconds: number): void {
    if (this.#closed) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.ring(turn);
    }, milliseconds);
    this.#timers.add(timer);
  }

  /** Returns at the next ring, or after so many milliseconds; at once if it rang since the last call. */
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

  /** Returns after so many milliseconds, whatever rings; at once when it is closed. */
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
 * A claim that goes into the commit it heard of costs nothing more, and what was accepted for executors is there to be
 * claimed. Of the ends of operations a report says itself whether they let others begin: undefined.
 */
function turnAfter(notification: CommitNotification | null, joins = false): Turn | undefined {
  if (joins || notification?.size === 0) return 'claim';
  return notification === null ? 'poll' : undefined;
}
