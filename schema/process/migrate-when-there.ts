import { setTimeout as pause } from 'node:timers/promises';
import { type Database, DatabaseError } from '../database/database.ts';
import { migrate } from '../database/migrate.ts';
import { databasePath } from '../database/open.ts';
import type { Configuration } from './configuration.ts';
import type { Logger } from './logger.ts';
import { rememberedDatabases } from './state-directory.ts';

export interface Migration {
  readonly ready: Promise<void>;
  readonly isReady: boolean;
}

const PAUSE_FIRST_MS = 250;
const PAUSE_LONGEST_MS = 10_000;

/**
 * Migrates the database. While a server does not answer, `ready` stays pending until `signal` is aborted, and one line
 * is logged. Throws the reason if this version cannot use the database.
 */
export async function migrateWhenThere(
  database: Database,
  { stateDirectory, databaseUrl }: Configuration,
  log: Logger,
  signal: AbortSignal,
): Promise<Migration> {
  const run = async () => {
    const applied = await migrate(database, { remembered: rememberedDatabases(stateDirectory) });
    if (applied.length > 0) log.info(`migrated the database: ${applied.join(', ')}`);
  };
  try {
    await run();
    return { ready: Promise.resolve(), isReady: true };
  } catch (error) {
    if (databasePath(databaseUrl) !== undefined || !isAway(error)) throw error;
    log.warn(`waiting for the database: ${error.message}`);
  }
  return { ready: retry(run, log, signal), isReady: false };
}

async function retry(run: () => Promise<void>, log: Logger, signal: AbortSignal): Promise<void> {
  for (let milliseconds = PAUSE_FIRST_MS; ; milliseconds = Math.min(milliseconds * 2, PAUSE_LONGEST_MS)) {
    await pause(milliseconds, undefined, { signal });
    try {
      await run();
      log.info('the database answers');
      return;
    } catch (error) {
      signal.throwIfAborted();
      if (!isAway(error)) throw error;
    }
  }
}

function isAway(error: unknown): error is DatabaseError {
  return error instanceof DatabaseError && (error.code === 'unavailable' || error.code === 'busy');
}
