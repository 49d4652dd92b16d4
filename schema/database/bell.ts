import type { CommitListener } from './database.ts';

/** Those who want to hear of commits. */
export class Bell {
  readonly #listeners = new Set<CommitListener>();

  subscribe(listener: CommitListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  ring: CommitListener = (about) => {
    for (const listener of this.#listeners) listener(about);
  };

  clear(): void {
    this.#listeners.clear();
  }
}
