import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Database } from './database.ts';
import { type EmbeddedOptions, openEmbedded } from './embedded.ts';
import { watchWrites } from './write-health.ts';

/** Opens the database of `WEFT_DATABASE_URL`: `file:` embedded in this process, anything else a libSQL server. */
export async function openDatabase(url: string, authToken?: string, options: EmbeddedOptions = {}): Promise<Database> {
  const path = databasePath(url);
  if (path === undefined) {
    // With a file the client, whose 60 modules would stay in memory, is not needed.
    const { openRemote } = await import('./remote.ts');
    return watchWrites(openRemote(url, authToken));
  }
  const directory = dirname(path);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  // SQLite only reports that it cannot open the file; the system reports why.
  accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK);
  if (existsSync(path)) accessSync(path, constants.R_OK | constants.W_OK);
  return watchWrites(openEmbedded(path, options));
}

/** The path of the file in a URL; undefined: the URL names a server. */
export function databasePath(url: string): string | undefined {
  if (!url.startsWith('file:')) return undefined;
  return url.startsWith('file://') ? fileURLToPath(url) : url.slice('file:'.length);
}
