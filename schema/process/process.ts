import type { Database } from '../database/database.ts';
import { openDatabase } from '../database/open.ts';
import { Problem } from '../problem.ts';
import { setUpAllocator } from './allocator.ts';
import { type Configuration, ConfigurationError, readConfiguration } from './configuration.ts';
import { type Logger, openLogger } from './logger.ts';
import { migrateWhenThere } from './migrate-when-there.ts';
import { prepareStateDirectory } from './state-directory.ts';
import { keepThreadHeapsSmall } from './thread-heaps.ts';

export interface ProcessContext {
  readonly configuration: Configuration;
  readonly database: Database;
  readonly log: Logger;
  /** Shuts the process down like a signal does; with a reason it exits with 1. */
  readonly stop: (reason?: unknown) => void;
  /**
   * Resolves when the database is migrated, which may take as long as its server is away; rejects if the process is
   * shut down before that. Until then every call to the database may fail.
   */
  readonly ready: Promise<void>;
  /** Whether `ready` was resolved before `start` was called: always the case with a database file. */
  readonly isReady: boolean;
}

/** Something that runs until it is closed. */
export interface Running {
  close(): Promise<void>;
}

/** How long a shutdown may take before the process exits regardless. */
const SHUTDOWN_MS = 10_000;

/**
 * The frame of every process of weft: configuration, database, migrations, signals. `start` starts it; a first SIGTERM
 * or SIGINT closes it, a second one exits at once. A failure to start is one line that says what to do, and what
 * `start` had begun ends with the process. A libSQL server that is away does not prevent the start.
 */
export async function startProcess(start: (context: ProcessContext) => Promise<Running>): Promise<never> {
  setUpAllocator();
  keepThreadHeapsSmall();
  const shutdown = new Shutdown();
  let database: Database | undefined;
  try {
    const configuration = readConfiguration(process.env);
    const log = openLogger(configuration.logLevel);
    prepareStateDirectory(configuration);
    database = await openDatabase(configuration.databaseUrl, configuration.databaseAuthToken, {
      synchronous: configuration.databaseSynchronous,
      warn: (message, cause) => log.warn({ err: cause }, message),
    });
    shutdown.listen(log);
    const migration = await migrateWhenThere(database, configuration, log, shutdown.signal);
    migration.ready.catch(shutdown.stop);
    const running = await start({ configuration, database, log, stop: shutdown.stop, ...migration });
    await shutdown.promise;
    await running.close();
  } catch (error) {
    shutdown.stop(error);
  }
  database?.close();
  process.exit();
}

/** Why and when the process ends: the first reason counts. */
class Shutdown {
  readonly #resolvers = Promise.withResolvers<void>();
  readonly #controller = new AbortController();

  get promise(): Promise<void> {
    return this.#resolvers.promise;
  }

  /** Aborted when the process is shut down. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  listen(log: Logger): void {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => {
        log.info(`${signal}: shutting down`);
        this.stop();
      });
    }
  }

  /** With a reason the process logs it and exits with 1. */
  readonly stop = (reason?: unknown): void => {
    if (this.signal.aborted) return;
    this.#controller.abort();
    if (reason !== undefined) {
      console.error(`weft: ${startFailure(reason)}`);
      process.exitCode = 1;
    }
    setTimeout(() => process.exit(), SHUTDOWN_MS).unref();
    this.#resolvers.resolve();
  };
}

/** One line for a failure to start: what is wrong, and what to do. */
export function startFailure(error: unknown): string {
  if (error instanceof ConfigurationError) return error.message;
  if (error instanceof Problem) return error.hint === undefined ? error.message : `${error.message}. ${error.hint}`;
  if (!(error instanceof Error)) return String(error);
  switch (Reflect.get(error, 'code')) {
    case 'EADDRINUSE':
      return `${Reflect.get(error, 'address')}:${Reflect.get(error, 'port')} is taken by another process; end that one, or set WEFT_LISTEN to another address`;
    case 'EADDRNOTAVAIL':
      return `${Reflect.get(error, 'address')} is not an address of this machine; set WEFT_LISTEN to one that is`;
    case 'EACCES':
      return `the right is missing: ${error.message}; run as root, or set WEFT_LISTEN and WEFT_STATE_DIR to what this user may use`;
    default:
      return process.env.WEFT_LOG === 'debug' ? (error.stack ?? error.message) : error.message;
  }
}
