import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';
import { openDatabase } from '../schema/database/open.ts';
import { formatTable } from '../schema/database/table.ts';
import { labelPrefix } from '../schema/names.ts';
import { readConfiguration } from '../schema/process/configuration.ts';
import { startFailure } from '../schema/process/process.ts';
import type { Labelled } from '../schema/resources/definition.ts';
import { databaseStore } from '../schema/store/database-store.ts';
import { canUseNetns, type NetnsDriver, openNetnsDriver } from './drivers/netns/driver.ts';
import { lockHost } from './host/lock.ts';
import { garbageCollectionChange } from './kinds/network/change.ts';
import { networkComparison } from './kinds/network/comparison.ts';
import { networkResource } from './kinds/network/resource.ts';
import { converge } from './loop/converge.ts';

const usage = `usage: npm run clean [-- --yes] [-- --list] [-- --database ID]

Takes away everything on this host that bears the label of the database that WEFT_DATABASE_URL or WEFT_STATE_DIR names,
after listing it; on a terminal it asks first (--yes: it does not, --list: it only lists). --database names a database
that is gone by its id, as the labels show it: weft:ID/...

The rows stay: weft, started again, makes again what they ask for.`;

interface Options {
  readonly yes: boolean;
  readonly list: boolean;
  readonly database: string | undefined;
}

/** `npm run clean`, while no executor of the database runs on this host. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      yes: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      database: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    console.log(usage);
    return;
  }
  const netns = await canUseNetns();
  if (!netns.available) throw new Error(netns.reason);
  const database = values.database ?? (await configuredDatabase());
  const { stateDirectory } = readConfiguration(process.env);
  const lock = await lockHost({ stateDirectory, database });
  const driver = await openNetnsDriver();
  try {
    await clean(driver, database, { ...values, database });
  } finally {
    await driver.close();
    lock.release();
  }
}

async function clean(driver: NetnsDriver, database: string, { yes, list }: Options): Promise<void> {
  const resource = networkResource(driver);
  const { observeAll, labelled: labelledIn } = networkComparison(driver);
  const labelled = labelledIn(await observeAll(), labelPrefix(database));
  if (labelled.length === 0) {
    console.log(`nothing on this host bears the label ${labelPrefix(database)}`);
    return;
  }
  console.log(formatTable(labelled.map(row)));
  if (list || !(yes || !process.stdin.isTTY || (await confirm(labelled.length)))) return;
  await converge(resource, garbageCollectionChange(database, labelled).after, {
    check: () => undefined,
    remaining: () => undefined,
  });
  console.log(`took away ${labelled.length}`);
}

function row({ kind, place, name, label }: Labelled): Record<string, unknown> {
  return { kind, name, namespace: place ?? '', label };
}

async function confirm(count: number): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^y(es)?$/i.test((await terminal.question(`take away these ${count}? [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}

async function configuredDatabase(): Promise<string> {
  const { databaseUrl, databaseAuthToken } = readConfiguration(process.env);
  if (databaseUrl.startsWith('file:/') && !existsSync(databaseUrl.replace(/^file:(\/\/)?/, ''))) {
    throw new Error(
      `there is no database ${databaseUrl}; set WEFT_STATE_DIR to where it is, or name its id: --database ID`,
    );
  }
  const database = await openDatabase(databaseUrl, databaseAuthToken);
  try {
    return await databaseStore(database).identify();
  } finally {
    database.close();
  }
}

await main().catch((error: unknown) => {
  console.error(`weft: ${startFailure(error)}`);
  process.exitCode = 1;
});
