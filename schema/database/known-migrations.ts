import { Problem } from '../problem.ts';
import { type Database, DatabaseError, statement } from './database.ts';

/* The migrations that this version knows, without its files: a Worker has none. */

/** The version of weft, as in package.json. */
export const VERSION = '0.2.0';

/** Every file of schema/migrations, in order. */
export const knownMigrations: readonly string[] = [
  '0001_kernel.sql',
  '0002_networks.sql',
  '0003_survival.sql',
  '0004_spp.sql',
  '0005_fleet.sql',
  '0006_lookups.sql',
  '0007_lists.sql',
  '0008_blocked.sql',
  '0009_labels.sql',
  '0010_cins.sql',
  '0011_pools.sql',
  '0012_processes.sql',
  '0013_images.sql',
  '0014_container_stats.sql',
  '0015_vlan_networks.sql',
  '0016_domains.sql',
  '0018_domain_stats.sql',
];

/** A row of the table `migrations`. */
export interface AppliedMigration {
  readonly name: string;
  /** The oldest version of weft that may run beside it; null: unspecified. */
  readonly oldest: string | null;
}

export const selectMigrations = statement<AppliedMigration>('SELECT name, oldest FROM migrations ORDER BY name');

/** Why this version cannot serve a database to which these migrations were applied, in one sentence. */
export function schemaProblem(rows: readonly AppliedMigration[], version = VERSION): Problem | undefined {
  return tooNew(rows, version) ?? notMigrated(rows, version);
}

/** A later version has changed the database in a way that this version does not support. */
export function tooNew(rows: readonly AppliedMigration[], version = VERSION): Problem | undefined {
  const foreign = unknownTo(rows).find(({ oldest }) => oldest === null || isOlder(version, oldest));
  if (foreign === undefined) return undefined;
  const wanted = foreign.oldest === null ? 'the version that applied it' : `weft ${foreign.oldest} or later`;
  return new Problem(
    'unavailable',
    `The database was migrated by a newer version of weft: ${version} does not know ${foreign.name}`,
    { hint: `Run ${wanted}, or restore a backup of the database from before` },
  );
}

/** The migrations of other versions; views are recreated by each version that needs different ones. */
export function unknownTo(rows: readonly AppliedMigration[]): AppliedMigration[] {
  return rows.filter(({ name }) => !knownMigrations.includes(name) && !name.startsWith('views-'));
}

function notMigrated(rows: readonly AppliedMigration[], version: string): Problem | undefined {
  const applied = new Set(rows.map(({ name }) => name));
  const missing = knownMigrations.find((name) => !applied.has(name));
  if (missing === undefined) return undefined;
  const state = rows.length === 0 ? 'was not migrated yet' : `lacks ${missing}`;
  return new Problem('unavailable', `The database ${state}: weft ${version} cannot use it`, {
    hint: 'Start an executor, or the API on Node, of this version once: that migrates it',
  });
}

/** The same for a database, with one read. Throws {@link DatabaseError}. */
export async function readSchemaProblem(database: Database): Promise<Problem | undefined> {
  try {
    const [rows] = await database.read([selectMigrations], { call: 'schema' });
    return schemaProblem(rows);
  } catch (error) {
    if (isMissing(error)) return schemaProblem([]);
    throw error;
  }
}

/** The table, or its column `oldest`, does not exist: no version that has it has migrated the database yet. */
export function isMissing(error: unknown): boolean {
  return error instanceof DatabaseError && error.code === 'fault' && /no such (table|column)/.test(error.message);
}

function isOlder(version: string, than: string): boolean {
  const [left, right] = [version, than].map((text) => text.split('.').map(Number));
  const differing = [0, 1, 2].find((part) => left?.[part] !== right?.[part]);
  return differing !== undefined && (left?.[differing] ?? 0) < (right?.[differing] ?? 0);
}
