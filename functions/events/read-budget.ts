import { type Database, DatabaseError } from '../../schema/database/database.ts';

/**
 * A database of which only so many batches may be read. `exhausted` is called at the first one that is too many; that
 * one and those after it are `unavailable`.
 */
export function withReadBudget(database: Database, budget: number, exhausted: () => void): Database {
  let left = budget;
  return {
    ...database,
    read(statements, options) {
      left -= 1;
      if (left >= 0) return database.read(statements, options);
      if (left === -1) exhausted();
      return Promise.reject(new DatabaseError('unavailable', 'budget', 'the budget of reads is spent'));
    },
  };
}
