import { join } from 'node:path';
import type { Database } from '../../schema/database/database.ts';
import { openRemote } from '../../schema/database/remote.ts';
import type { Fault } from '../support/libsql/faults.ts';
import { type LibsqlServer, startLibsqlServer } from '../support/libsql-server.ts';
import type { DatabaseFault } from './database-faults.ts';
import type { OpenedDatabase } from './lab.ts';

/** Long enough for a call that is answered, even on a busy machine. */
const DEADLINE_MS = 5_000;

/** Of a call that fails. */
const SHORT_DEADLINE_MS = 40;

const faults: Readonly<Record<string, Fault>> = {
  'has its connection reset': 'refuse',
  'has its connection closed': 'cutBefore',
  'is executed, and has its connection closed': 'cutAfter',
  hangs: 'hangBefore',
  'is executed, and hangs': 'hangAfter',
  'is executed, and its answer has no body': 'hangBody',
  'is executed, and its answer does not end': 'trickle',
  'is executed, and its answer is cut': 'truncate',
  'is executed after its deadline': { delayMs: 2 * SHORT_DEADLINE_MS },
  'is executed twice': 'twice',
  'is refused as busy': 'busy',
  'is refused as busy at its commit': { sqlite: 'SQLITE_BUSY', at: 'commit' },
  'is refused: the disk is full': 'full',
  'is refused: the database is read-only': 'readonly',
  'is refused: the database is damaged': 'corrupt',
  'is refused: the disk reports an error': 'ioerr',
  'is answered 401': { status: 401, body: { error: 'Unauthorized: `the token has expired`' } },
  'is answered 429': { status: 429, body: 'slow down' },
  'is answered 500 in JSON': { status: 500, body: { message: 'internal error' } },
  'is executed, and answered 502 in HTML': {
    ...{ status: 502, body: '<html><h1>Bad Gateway</h1></html>', contentType: 'text/html', executed: true },
  },
  'is answered 503 in text': { status: 503, body: 'no healthy upstream' },
};

/** A second server of the same file, only for the calls that fail. */
class IllServer {
  readonly #server: LibsqlServer;
  readonly #database: Database;

  constructor(server: LibsqlServer) {
    this.#server = server;
    this.#database = openRemote(server.url, undefined, { deadlineMs: SHORT_DEADLINE_MS });
  }

  database(fault: Fault): Database {
    this.#server.faults.set(fault);
    return this.#database;
  }

  async close(): Promise<void> {
    this.#database.close();
    await this.#server.close();
  }
}

let ill: IllServer | undefined;

/** Opens a database behind a libSQL server, with another server that {@link remoteFaults} use. */
export async function openServed(directory: string): Promise<OpenedDatabase> {
  const path = join(directory, 'weft.db');
  const server = await startLibsqlServer(path);
  const second = new IllServer(await startLibsqlServer(path));
  ill = second;
  const database = openRemote(server.url, undefined, { deadlineMs: DEADLINE_MS });
  return {
    database,
    async close() {
      database.close();
      await Promise.all([server.close(), second.close()]);
    },
  };
}

/** Each fault of a server. */
export const remoteFaults: readonly DatabaseFault[] = Object.entries(faults).map(([name, fault]) => ({
  name,
  strike: async (execute) => {
    if (!ill) throw new Error('there is no server');
    return execute(ill.database(fault));
  },
}));
