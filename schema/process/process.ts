import type { Database } from '../database/database.ts';
import { migrate } from '../database/migrate.ts';
import { openDatabase } from '../database/open.ts';
import { Problem } from '../problem.ts';
import { keepFreedMemory } from './allocator.ts';
import { type Configuration, ConfigurationError, readConfiguration } from './configuration.ts';
import { type Logger, openLogger } from './logger.ts';

export interface ProcessContext {
  readonly configuration: Configuration;
  readonly database: Database;
  readonly log: Logger;
  /** Ends the process in good order, as a signal does; with a reason it exits with 1. */
  readonly stop: (reason?: unknown) => void;
}

/** Something that runs until it is closed. */
export interface Running {
  close(): Promise<void>;
}

/** How long an ordered end may take before the process goes without it. */
const SHUTDOWN_MS = 10_000;

/**
 * The frame of every process of weft: configuration, database, migrations, signals. `start` gets it going; a first
 * SIGTERM or SIGINT closes it, a second one ends it at once. What stops a start is one line that says what to do.
 */
export async function startProcess(start: (context: ProcessContext) => Promise<Running>): Promise<void> {
  keepFreedMemory();
  let database: Database | undefined;
  try {
    const configuration = readConfiguration(process.env);
    const log = openLogger(configuration.logLevel);
    database = openDatabase(configuration.databaseUrl, configuration.databaseAuthToken);
    const opened = database;
    const applied = await migrate(opened);
    if (applied.length > 0) log.info(`migrated the database: ${applied.join(', ')}`);
    const ending = Promise.withResolvers<unknown>();
    const running = await start({ configuration, database: opened, log, stop: ending.resolve });
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => {
        log.info(`${signal}: ending`);
        ending.resolve(undefined);
      });
    }
    const reason = await ending.promise;
    if (reason !== undefined) process.exitCode = fail(reason);
    setTimeout(() => process.exit(), SHUTDOWN_MS).unref();
    await running.close();
  } catch (error) {
    process.exitCode = fail(error);
  } finally {
    database?.close();
  }
}

function fail(error: unknown): number {
  console.error(`weft: ${startFailure(error)}`);
  return 1;
}

/** One line for what keeps weft from running: what is wrong, and what to do. */
export function startFailure(error: unknown): string {
  if (error instanceof ConfigurationError) return error.message;
  if (error instanceof Problem) return error.hint === undefined ? error.message : `${error.message}. ${error.hint}`;
  if (!(error instanceof Error)) return String(error);
  switch (Reflect.get(error, 'code')) {
    case 'EADDRINUSE':
      return `${Reflect.get(error, 'address')}:${Reflect.get(error, 'port')} is taken by another process; end that one, or set WEFT_LISTEN to another address`;
    case 'EADDRNOTAVAIL':
      return `${Reflect.get(error, 'address')} is no address of this machine; set WEFT_LISTEN to one that is`;
    case 'EACCES':
      return `the right is missing: ${error.message}; run as root, or set WEFT_LISTEN and WEFT_STATE_DIR to what this user may use`;
    default:
      return process.env.WEFT_LOG === 'debug' ? (error.stack ?? error.message) : error.message;
  }
}
