import { existsSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { readConfiguration } from '../process/configuration.ts';
import { startFailure } from '../process/process.ts';
import { databasePath, openDatabase } from './open.ts';
import { queryFile } from './read-only.ts';
import { queryServer } from './read-only-remote.ts';
import { formatTable } from './table.ts';

const usage = `usage: npm run sql -- [--json] "select …"

Asks the database that WEFT_DATABASE_URL or WEFT_STATE_DIR names; it cannot change it.
Begin with the views: v_operations, v_containers, v_cens, v_links (docs/sql.md).`;

/** `npm run sql`: one read-only query, answered as a table or as JSON. */
async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { json: { type: 'boolean' }, help: { type: 'boolean' } },
  });
  const sql = positionals.join(' ').trim() || (process.stdin.isTTY ? '' : (await text(process.stdin)).trim());
  if (values.help || sql === '') {
    console.log(usage);
    return;
  }
  const rows = await query(sql);
  console.log(values.json ? JSON.stringify(rows, null, 2) : formatTable(rows));
}

async function query(sql: string): Promise<Record<string, unknown>[]> {
  const { databaseUrl, databaseAuthToken } = readConfiguration(process.env);
  const path = databasePath(databaseUrl);
  if (path !== undefined) {
    if (existsSync(path)) return queryFile(path, sql);
    throw new Error(`no database at ${path}; npm start creates it, or set WEFT_STATE_DIR to its directory`);
  }
  const database = await openDatabase(databaseUrl, databaseAuthToken);
  try {
    return await queryServer(database, sql);
  } finally {
    database.close();
  }
}

await main().catch((error: unknown) => {
  console.error(`weft: ${startFailure(error)}`);
  process.exitCode = 1;
});
