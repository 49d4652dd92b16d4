import type { Group, GroupOutcome } from './connection.ts';
import { DatabaseError } from './database.ts';
import { isThreadError, type ThreadHandle } from './thread-handle.ts';

interface LargeBatchesListener {
  /** The thread has begun to write: no one else commits until it has ended. */
  readonly begun: () => void;
  /** It has committed, has failed, or its outcome is unknown. */
  readonly ended: (committed: 'yes' | DatabaseError['committed']) => void;
}

/** Commits large batches in a thread with a connection of its own, so that the event loop and the reads go on. */
export class LargeBatches {
  readonly #thread: ThreadHandle;
  readonly #listener: LargeBatchesListener;

  constructor(thread: ThreadHandle, listener: LargeBatchesListener) {
    this.#thread = thread;
    this.#listener = listener;
  }

  /**
   * Commits a group like {@link Connection.group}; one at a time. Undefined: there was no thread to begin it. Throws
   * {@link DatabaseError}.
   */
  async group(batches: Group): Promise<GroupOutcome | undefined> {
    let hasBegun = false;
    const begun = () => {
      hasBegun = true;
      this.#listener.begun();
    };
    try {
      const outcome = await this.#thread.ask(batches, begun);
      this.#listener.ended('yes');
      return outcome;
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error;
      if (hasBegun) this.#listener.ended(error.committed);
      if (isThreadError(error) && !hasBegun) return undefined;
      throw error;
    }
  }
}
