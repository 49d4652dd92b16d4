import type { Audience, CommitListener, CommitNotification } from './database.ts';

/** The listeners to commits. */
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

/** The combined notification of several audiences; null: it may concern every listener. */
export function notificationOf(audience: readonly Audience[]): CommitNotification | null {
  if (audience.includes('all')) return null;
  return new Map(audience.flatMap((each) => (typeof each === 'string' ? [] : [...each])));
}
