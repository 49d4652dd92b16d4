import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Database } from './database.ts';
import { type EmbeddedOptions, openEmbedded } from './embedded.ts';
import { watchWrites } from './write-health.ts';

/** Opens what `WEFT_DATABASE_URL` names: `file:` embedded in this process, anything else a libSQL server. */
export async function openDatabase(url: string, authToken?: string, options: EmbeddedOptions = {}): Promise<Database> {
  const path = databasePath(url);
  if (path === undefined) {
    // Who has a file never needs the client, whose 60 modules would stay in memory.
    const { openRemote } = await import('./remote.ts');
    return watchWrites(openRemote(url, authToken));
  }
  const directory = dirname(path);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  // SQLite tells only that it cannot open the file; the system says why.
  accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK);
  if (existsSync(path)) accessSync(path, constants.R_OK | constants.W_OK);
  return watchWrites(openEmbedded(path, options));
}

/** The file that a URL names; undefined: it names a server. */
export function databasePath(url: string): string | undefined {
  if (!url.startsWith('file:')) return undefined;
  return url.startsWith('file://') ? fileURLToPath(url) : url.slice('file:'.length);
}
