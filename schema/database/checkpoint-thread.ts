import { parentPort, workerData } from 'node:worker_threads';
import { Connection } from './connection.ts';
import { statement } from './database.ts';
import { CHECKPOINT_PAGES } from './open-file.ts';

/* The thread of checkpoints.ts. */

export interface CheckpointAnswer {
  /** Why there was none. */
  readonly error?: unknown;
}

if (parentPort === null) throw new Error('checkpoint-thread.ts is to be started as a worker thread');
const port = parentPort;
const connection = new Connection(workerData, { synchronous: 'full', checkpointPages: CHECKPOINT_PAGES });
/** Passive: it does not wait for others, nor they for it. */
const checkpoint = statement('PRAGMA wal_checkpoint(PASSIVE)');

port.on('message', (asked: 'checkpoint' | 'close') => {
  if (asked === 'close') {
    connection.close();
    port.close();
  } else {
    port.postMessage(runCheckpoint());
  }
});

/** A full disk or the like is answered, and tried again with the next one. */
function runCheckpoint(): CheckpointAnswer {
  try {
    connection.batch([checkpoint], null);
    return {};
  } catch (error) {
    return { error };
  }
}
