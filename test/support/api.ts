import { createApp } from '../../functions/app.ts';
import type { Settings } from '../../functions/http/context.ts';
import type { Database } from '../../schema/database/database.ts';
import { insertHypervisor, temporaryDatabase } from './database.ts';

export type Ask = (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Response>;

/** Calls the API without a server in between; `others`: settings that differ from those of most tests. */
export function client(database: Database, adminToken?: string, others: Partial<Settings> = {}): Ask {
  const app = createApp(() => ({
    database,
    hosts: new Set(['localhost']),
    origins: new Set(['https://friend.example']),
    adminToken,
    readBudget: 30,
    report: (error) => {
      throw error;
    },
    ...others,
  }));
  return async (method, path, body, headers = {}) =>
    app.request(path, {
      method,
      headers: { host: 'localhost', ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
}

/** An API on a database of its own, with one hypervisor whose executor does nothing. */
export async function api(capabilities?: string): Promise<{ database: Database; ask: Ask }> {
  const database = await temporaryDatabase();
  await insertHypervisor(database, 'host1', capabilities);
  return { database, ask: client(database) };
}
