import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { openDatabase } from '../schema/database/open.ts';
import { formatTable } from '../schema/database/table.ts';
import { labelPrefix } from '../schema/names.ts';
import { type Configuration, readConfiguration } from '../schema/process/configuration.ts';
import { startFailure } from '../schema/process/process.ts';
import type { Labelled } from '../schema/resources/definition.ts';
import { databaseStore } from '../schema/store/database-store.ts';
import { lockHost } from './host/lock.ts';
import type { Cleaner } from './kinds/kind.ts';
import { kinds, peersOf } from './kinds/registry.ts';
import { converge } from './loop/converge.ts';
import { absences, type FoundPeers, findPeers, Peers } from './peers/peers.ts';

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

/** `npm run clean`, for a host where no executor of the database is running. */
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
  const configuration = readConfiguration(process.env);
  const found = await findLabellingPeers(configuration);
  const database = values.database ?? (await configuredDatabase());
  await using opened = new AsyncDisposableStack();
  opened.adopt(await lockHost({ ...configuration, database }), (lock) => lock.release());
  const options = { configuration, databaseId: database, log: pino({ level: 'silent' }), expires: null };
  const peers = opened.adopt(await Peers.open(found, options), (each) => each.close());
  await clean(cleanersOf(peers, database), labelPrefix(database), { ...values, database });
}

/** The peers of the kinds that label their objects. Throws if this host has none of them. */
async function findLabellingPeers(configuration: Configuration): Promise<FoundPeers> {
  const found = await findPeers(peersOf(kinds.filter(({ cleaner }) => cleaner !== undefined)), configuration);
  const absent = absences(found);
  if (absent.length === found.size) throw new Error(absent.join('; '));
  for (const absence of absent) console.error(`weft: ${absence}`);
  return found;
}

function cleanersOf(peers: Peers, database: string): Cleaner[] {
  return kinds.flatMap(({ peer, cleaner }) => {
    const standsOn = peers.of(peer);
    if (standsOn === undefined || cleaner === undefined) return [];
    const own = cleaner(standsOn, database, (definition) => peers.of(definition));
    const obstacle = own.obstacle?.() ?? null;
    if (obstacle === null) return [own];
    console.error(`weft: not looked for: ${obstacle}`);
    return [];
  });
}

async function clean(cleaners: readonly Cleaner[], prefix: string, { yes, list }: Options): Promise<void> {
  const found = await Promise.all(
    cleaners.map(async (cleaner) => ({ cleaner, own: await findLabelled(cleaner, prefix) })),
  );
  const labelled = found.flatMap(({ own }) => own);
  if (labelled.length === 0) {
    console.log(`nothing on this host bears the label ${prefix}`);
    return;
  }
  console.log(formatTable(labelled.map(row)));
  if (list || !(yes || !process.stdin.isTTY || (await confirm(labelled.length)))) return;
  const hooks = { check: () => undefined, remaining: () => undefined };
  for (const { cleaner, own } of found) await converge(cleaner.resource, cleaner.without(own), hooks);
  console.log(`took away ${labelled.length}`);
}

async function findLabelled({ resource }: Cleaner, prefix: string): Promise<Labelled[]> {
  const { observeAll, labels } = resource;
  return observeAll && labels ? labels.find(await observeAll([]), prefix) : [];
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
