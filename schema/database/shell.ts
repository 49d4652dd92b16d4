import { existsSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { readConfiguration } from '../process/configuration.ts';
import { startFailure } from '../process/process.ts';
import { statement } from './database.ts';
import { openDatabase } from './open.ts';
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
  const { databaseUrl, databaseAuthToken } = readConfiguration(process.env);
  if (databaseUrl.startsWith('file:/') && !existsSync(databaseUrl.replace(/^file:(\/\/)?/, ''))) {
    throw new Error(
      `there is no database ${databaseUrl} yet; npm start makes it, or set WEFT_STATE_DIR to where it is`,
    );
  }
  const database = openDatabase(databaseUrl, databaseAuthToken, 'read');
  try {
    const [rows] = await database.read([statement<Record<string, unknown>>(sql)]);
    console.log(values.json ? JSON.stringify(rows, null, 2) : formatTable(rows));
  } finally {
    database.close();
  }
}

await main().catch((error: unknown) => {
  console.error(`weft: ${startFailure(error)}`);
  process.exitCode = 1;
});
