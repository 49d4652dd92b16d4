import { parentPort, workerData } from 'node:worker_threads';
import { Connection, type Group, type Outcome } from './connection.ts';
import { DatabaseError, type Statement, statement } from './database.ts';
import type { Identities } from './database-file.ts';
import { copyOf, type ErrorCopy } from './error-copy.ts';
import { CHECKPOINT_PAGES, type Synchronous } from './open-file.ts';

/* The thread of large-batches.ts. */

export interface BatchThreadData {
  readonly path: string;
  readonly synchronous: Synchronous;
  /** The files that the process has open already. */
  readonly files: Identities;
}

/** `begun`: it holds the write lock; maybe more than once. Then what became of each batch, or why of none. */
export type BatchThreadMessage = 'begun' | readonly CopiedOutcome[] | ErrorCopy;

export type CopiedOutcome = Outcome<readonly Statement[]> | ErrorCopy;

if (parentPort === null) throw new Error('batch-thread.ts is to be started as a worker thread');
const port = parentPort;
const { path, synchronous, files }: BatchThreadData = workerData;
const checkpoint = statement('PRAGMA wal_checkpoint(PASSIVE)');
let connection: Connection | undefined;

port.on('message', (asked: Group | 'close') => {
  if (asked === 'close') {
    connection?.close();
    port.close();
  } else {
    answer(run(asked));
    writeLogBack();
  }
});

function run(group: Group): BatchThreadMessage {
  try {
    connection ??= new Connection(path, { synchronous, checkpointPages: CHECKPOINT_PAGES }, files);
    const outcomes = connection.group(group, 'BEGIN IMMEDIATE', () => answer('begun'));
    return outcomes.map((outcome) => (outcome instanceof DatabaseError ? copyOf(outcome) : outcome));
  } catch (error) {
    if (error instanceof DatabaseError) return copyOf(error);
    throw error;
  }
}

function answer(message: BatchThreadMessage): void {
  port.postMessage(message);
}

/** A large batch makes a long log. What this leaves, the next checkpoint does. */
function writeLogBack(): void {
  try {
    connection?.batch([checkpoint], null);
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
  }
}
