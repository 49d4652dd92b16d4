import { type Database, DatabaseError, statement } from '../schema/database/database.ts';
import { Problem } from '../schema/problem.ts';

/** How long what was found good counts: a newer version may migrate the database at any time. */
const GOOD_FOR_MS = 60_000;

/** Looks whether this version of weft can serve a database; what it finds good it does not look at again for a while. */
export class SchemaCheck {
  readonly #read: (database: Database) => Promise<Problem | undefined>;
  #goodUntil = Number.NEGATIVE_INFINITY;

  constructor(read: (database: Database) => Promise<Problem | undefined> = readSchemaProblem) {
    this.#read = read;
  }

  /** Throws a {@link Problem} 503 that says in one sentence what keeps this version from serving it. */
  async require(database: Database): Promise<void> {
    if (performance.now() < this.#goodUntil) return;
    const problem = await this.#read(database);
    if (problem !== undefined) throw problem;
    this.#goodUntil = performance.now() + GOOD_FOR_MS;
  }
}

const selectMigrations = statement<{ name: string }>('SELECT name FROM migrations LIMIT 1');

/** What keeps this version from serving a database; undefined: nothing. Throws {@link DatabaseError}. */
export async function readSchemaProblem(database: Database): Promise<Problem | undefined> {
  try {
    const [rows] = await database.read([selectMigrations], { call: 'schema' });
    return rows.length === 0 ? notMigrated() : undefined;
  } catch (error) {
    if (error instanceof DatabaseError && error.code === 'fault' && error.message.includes('no such table')) {
      return notMigrated(error);
    }
    throw error;
  }
}

/** No version has migrated the database yet, or none that knows what this one needs. */
export function notMigrated(cause?: DatabaseError): Problem {
  return new Problem(
    'unavailable',
    'The database has no tables of weft yet: start an executor or the API on Node once, which makes them',
    { cause },
  );
}
