import { parentPort, workerData } from 'node:worker_threads';
import { type BatchOutcome, Connection, type Group } from './connection.ts';
import { DatabaseError, type Statement, statement } from './database.ts';
import type { Identities } from './database-file.ts';
import { copyOf, type ErrorCopy } from './error-copy.ts';
import { CHECKPOINT_PAGES, type Synchronous } from './open-file.ts';

export interface ThreadData {
  readonly path: string;
  readonly synchronous: Synchronous;
  /** The files that the process already has open. */
  readonly files: Identities;
}

/** To commit a group, or to run a checkpoint. */
export type ThreadRequest = Group | 'checkpoint';

/**
 * `begun`: it holds the write lock for a group; possibly more than once. Then, for each request in order, the outcome
 * of each batch (none for a checkpoint), or the error if nothing was done.
 */
export type ThreadMessage = 'begun' | readonly CopiedOutcome[] | ErrorCopy;

export type CopiedOutcome = BatchOutcome<readonly Statement[]> | ErrorCopy;

if (parentPort === null) throw new Error('database-thread.ts is to be started as a worker thread');
const port = parentPort;
const { path, synchronous, files }: ThreadData = workerData;
/** Passive: neither waits for the other connections nor blocks them. */
const checkpoint = statement('PRAGMA wal_checkpoint(PASSIVE)');
let connection: Connection | undefined;

port.on('message', (asked: ThreadRequest | 'close') => {
  if (asked === 'close') {
    connection?.close();
    port.close();
  } else {
    tell(run(asked));
  }
});

/** A full disk or similar is returned as an error, and may be gone at the next request. */
function run(asked: ThreadRequest): ThreadMessage {
  try {
    connection ??= new Connection(path, { synchronous, checkpointPages: CHECKPOINT_PAGES }, files);
    return asked === 'checkpoint' ? writeLogBack(connection) : commit(connection, asked);
  } catch (error) {
    if (error instanceof DatabaseError) return copyOf(error);
    throw error;
  }
}

function writeLogBack(connection: Connection): readonly CopiedOutcome[] {
  connection.batch([checkpoint], null);
  return [];
}

function commit(connection: Connection, group: Group): readonly CopiedOutcome[] {
  const outcomes = connection.group(group, 'BEGIN IMMEDIATE', () => tell('begun'));
  return outcomes.map((outcome) => (outcome instanceof DatabaseError ? copyOf(outcome) : outcome));
}

function tell(message: ThreadMessage): void {
  port.postMessage(message);
}
