const MOST_KEYS = 1_024;

/** How long a connection is held before it is refused: longer with each refusal for the same cause. */
export class BackOff {
  readonly #first: number;
  readonly #longest: number;
  readonly #refusals = new Map<string, { delay: number; at: number }>();

  /** Both in milliseconds. */
  constructor({ first, longest }: { first: number; longest: number }) {
    this.#first = first;
    this.#longest = longest;
  }

  /**
   * The delay of this refusal, in milliseconds. A cause that has not occurred for more than twice the longest delay
   * starts again with the first.
   */
  next(cause: string): number {
    const now = performance.now();
    const last = this.#refusals.get(cause);
    const fresh = last === undefined || now - last.at > 2 * this.#longest + last.delay;
    const delay = fresh ? this.#first : Math.min(2 * last.delay, this.#longest);
    this.#refusals.delete(cause);
    this.#refusals.set(cause, { delay, at: now });
    if (this.#refusals.size > MOST_KEYS) this.#forgetOldest();
    return delay;
  }

  forget(cause: string): void {
    this.#refusals.delete(cause);
  }

  #forgetOldest(): void {
    for (const cause of this.#refusals.keys()) {
      this.#refusals.delete(cause);
      return;
    }
  }
}
