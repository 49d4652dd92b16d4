import { type Database, DatabaseError } from './database.ts';

export interface WriteFailure {
  readonly error: DatabaseError;
  /** By performance.now(). */
  readonly atMs: number;
}

/** The same database, which remembers why its last write failed for as long as none has succeeded since. */
export function watchWrites(database: Database): Database {
  let failure: WriteFailure | null = null;
  return {
    async write(statements, options) {
      try {
        const rows = await database.write(statements, options);
        failure = null;
        return rows;
      } catch (error) {
        // What is refused for its own sake has shown that the database can be written.
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
