import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Database, statement } from '../../schema/database/database.ts';
import { type EmbeddedOptions, openEmbedded } from '../../schema/database/embedded.ts';
import { migrate } from '../../schema/database/migrate.ts';
import { removeDirectory } from './remove-directory.ts';

/**
 * A database of which tests get copies: to migrate and to fill one takes many times as long. It is made once in each
 * process of tests.
 */
export class DatabaseTemplate {
  readonly #prepare: (database: Database) => Promise<unknown>;
  #file: Promise<Buffer> | undefined;

  constructor(prepare: (database: Database) => Promise<unknown>) {
    this.#prepare = prepare;
  }

  /** Opens a copy, with an id of its own, at a path where nothing is. */
  async open(path: string, options?: EmbeddedOptions): Promise<Database> {
    this.#file ??= this.#make();
    writeFileSync(path, await this.#file, { flag: 'wx', mode: 0o600 });
    const database = openEmbedded(path, options);
    await database.write([statement('UPDATE database SET id = :id', { id: randomUUID() })]);
    return database;
  }

  async #make(): Promise<Buffer> {
    const directory = mkdtempSync(join(tmpdir(), 'weft-template-'));
    const path = join(directory, 'weft.db');
    const database = openEmbedded(path, { synchronous: 'normal' });
    try {
      await this.#prepare(database);
      database.close();
      return readFileSync(path);
    } finally {
      await removeDirectory(directory);
    }
  }
}

/** A migrated database, and nothing in it. */
export const empty = new DatabaseTemplate(migrate);
