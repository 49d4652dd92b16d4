interface Waiter<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Combines calls that arrive while one is running into the next one: for work that costs little more for many calls
 * than for one. Every call is answered by a run that began after it was made.
 */
export class Batcher<Item, Result> {
  readonly #run: (items: readonly Item[]) => Promise<Result>;
  #waiting: Waiter<Item, Result>[] = [];
  #running = false;

  constructor(run: (items: readonly Item[]) => Promise<Result>) {
    this.#run = run;
  }

  call(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      if (!this.#running) {
        this.#running = true;
        // Operations that were claimed together make their calls in one turn of the event loop.
        setImmediate(() => void this.#work());
      }
    });
  }

  async #work(): Promise<void> {
    while (this.#waiting.length > 0) {
      const together = this.#waiting;
      this.#waiting = [];
      try {
        const result = await this.#run(together.map(({ item }) => item));
        for (const { resolve } of together) resolve(result);
      } catch (error) {
        for (const { reject } of together) reject(error);
      }
    }
    this.#running = false;
  }
}
