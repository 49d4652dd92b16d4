import type { CommitListener, News, Wakes } from './database.ts';

/** Those who want to hear of commits. */
export class Bell {
  readonly #listeners = new Set<CommitListener>();

  subscribe(listener: CommitListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  ring: CommitListener = (news, joins) => {
    for (const listener of this.#listeners) listener(news, joins);
  };

  get size(): number {
    return this.#listeners.size;
  }

  clear(): void {
    this.#listeners.clear();
  }
}

/** What those whom commits concern hear of them together; null: everybody is to look. */
export function newsOf(wakes: readonly Wakes[]): News | null {
  if (wakes.includes('everybody')) return null;
  return new Map(wakes.flatMap((each) => (typeof each === 'string' ? [] : [...each])));
}
