import { type Database, DatabaseError } from './database.ts';

export interface WriteFailure {
  readonly error: DatabaseError;
  /** By performance.now(). */
  readonly atMs: number;
}

/** The same database, which tracks why its last write failed until one succeeds. */
export function watchWrites(database: Database): Database {
  let failure: WriteFailure | null = null;
  return {
    async write(statements, options) {
      try {
        const rows = await database.write(statements, options);
        failure = null;
        return rows;
      } catch (error) {
        // A batch that is rejected for its own fault has shown that the database can be written.
        if (error instanceof DatabaseError) failure = error.isAway ? { error, atMs: performance.now() } : null;
        throw error;
      }
    },
    read: (statements, options) => database.read(statements, options),
    subscribe: (listener, when) => database.subscribe(listener, when),
    writeFailure: () => failure,
    close: () => database.close(),
  };
}
