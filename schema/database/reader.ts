import { BUSY_MS, retryWhileBusy } from './busy.ts';
import { Connection } from './connection.ts';
import type { Database } from './database.ts';
import { databasePath } from './open.ts';
import { CHECKPOINT_PAGES } from './open-file.ts';

/** A database for reading, on a connection of its own: for a thread. */
export type DatabaseReader = Pick<Database, 'read' | 'close'>;

export interface DatabaseAddress {
  readonly url: string;
  readonly authToken: string | undefined;
}

/**
 * Opens the database of `WEFT_DATABASE_URL` for reading. A file is opened by the first read, which fails if that is
 * impossible.
 */
export async function openReader({ url, authToken }: DatabaseAddress): Promise<DatabaseReader> {
  const path = databasePath(url);
  if (path !== undefined) return fileReader(path);
  // With a file the client is not needed.
  const { openRemote } = await import('./remote.ts');
  return openRemote(url, authToken);
}

function fileReader(path: string): DatabaseReader {
  let connection: Connection | undefined;
  const opened = () => {
    connection ??= new Connection(path, { synchronous: 'full', checkpointPages: CHECKPOINT_PAGES, readOnly: true });
    return connection;
  };
  return {
    async read(statements) {
      return (await retryWhileBusy(() => opened().batch(statements, 'BEGIN'), BUSY_MS)).rows;
    },
    close: () => connection?.close(),
  };
}
