import type { Database } from '../../schema/database/database.ts';
import { readSchemaProblem } from '../../schema/database/known-migrations.ts';
import type { Problem } from '../../schema/problem.ts';

/** How long a positive result is cached: a newer version may migrate the database at any time. */
const GOOD_FOR_MS = 60_000;

/** Checks whether this version of weft can serve a database, and caches a positive result. */
export class SchemaCheck {
  readonly #read: (database: Database) => Promise<Problem | undefined>;
  #goodUntil = Number.NEGATIVE_INFINITY;

  constructor(read: (database: Database) => Promise<Problem | undefined> = readSchemaProblem) {
    this.#read = read;
  }

  /** Throws a {@link Problem} 503 with one sentence on why this version cannot serve the database. */
  async require(database: Database): Promise<void> {
    if (performance.now() < this.#goodUntil) return;
    const problem = await this.#read(database);
    if (problem !== undefined) throw problem;
    this.#goodUntil = performance.now() + GOOD_FOR_MS;
  }
}
