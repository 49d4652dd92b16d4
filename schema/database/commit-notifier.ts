import type { Audience, CommitListener, CommitNotification } from './database.ts';

/** Those who want to hear of commits. */
export class CommitNotifier {
  readonly #listeners = new Set<CommitListener>();

  subscribe(listener: CommitListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  notify: CommitListener = (notification, joins) => {
    for (const listener of this.#listeners) listener(notification, joins);
  };

  get size(): number {
    return this.#listeners.size;
  }

  clear(): void {
    this.#listeners.clear();
  }
}

/** What those whom commits concern hear of them together; null: everybody is to look. */
export function notificationOf(audience: readonly Audience[]): CommitNotification | null {
  if (audience.includes('all')) return null;
  return new Map(audience.flatMap((each) => (typeof each === 'string' ? [] : [...each])));
}
