import type { ClaimedOperation } from '../../schema/resources/definition.ts';

/** An operation that this process works on. */
export interface Owned {
  readonly operation: ClaimedOperation;
  /** A client has cancelled the operation since it was claimed. */
  cancelled: boolean;
}

/**
 * The operations that this process owns, from the claim's answer to the report's: the next renewal makes any other that
 * is `running` in its epoch pending.
 */
export class Work {
  readonly #owned = new Map<number, Owned>();
  #last = 0;

  get size(): number {
    return this.#owned.size;
  }

  /** The sequence of the last operation that was ever owned; 0: none. */
  get last(): number {
    return this.#last;
  }

  get sequences(): number[] {
    return [...this.#owned.keys()];
  }

  /** Those of these operations that are owned. */
  of(operations: readonly ClaimedOperation[]): Owned[] {
    return operations.flatMap(({ sequence }) => this.#owned.get(sequence) ?? []);
  }

  /** A later attempt at an operation replaces the earlier one, whose report the database then rejects. */
  take(operation: ClaimedOperation): Owned {
    const owned = { operation, cancelled: operation.cancelled === 1 };
    this.#owned.set(operation.sequence, owned);
    this.#last = Math.max(this.#last, operation.sequence);
    return owned;
  }

  drop(owned: Owned): void {
    const { sequence } = owned.operation;
    if (this.#owned.get(sequence) === owned) this.#owned.delete(sequence);
  }

  cancel(sequences: readonly number[]): void {
    for (const sequence of sequences) {
      const owned = this.#owned.get(sequence);
      if (owned) owned.cancelled = true;
    }
  }
}
