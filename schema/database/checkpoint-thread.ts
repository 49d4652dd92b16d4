import { parentPort, workerData } from 'node:worker_threads';
import { Connection } from './connection.ts';
import { statement } from './database.ts';

/* The thread of checkpoints.ts. */

if (parentPort === null) throw new Error('checkpoint-thread.ts is to be started as a worker thread');
const port = parentPort;
const connection = new Connection(workerData);
/** Passive: it waits for nobody, and nobody waits for it. */
const checkpoint = statement('PRAGMA wal_checkpoint(PASSIVE)');

port.on('message', (asked: 'checkpoint' | 'close') => {
  if (asked === 'close') {
    connection.close();
    port.close();
  } else {
    connection.batch([checkpoint], null);
    port.postMessage('done');
  }
});
