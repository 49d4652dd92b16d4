import { type Database, now, statement } from '../../../schema/database/database.ts';
import { schemaProblem, selectMigrations } from '../../../schema/database/known-migrations.ts';
import { Problem } from '../../../schema/problem.ts';
import { alive, lastSeen } from '../../../schema/statements/alive.ts';
import type { hypervisors } from '../../../schema/tables/fleet.ts';
import type { RowOf } from '../../../schema/tables/row.ts';
import { awayOf } from '../../operations/waiting.ts';

interface Row extends Pick<RowOf<typeof hypervisors>, 'name' | 'held' | 'capabilities'> {
  readonly alive: number;
  readonly silent_ms: number | null;
}

const selectHypervisors = statement<Row>(
  `SELECT name, held, capabilities, ${now} - last_seen_ms AS silent_ms, ${alive('h')} AS alive
   FROM hypervisors h ORDER BY created_ms, name`,
);

/** How long a failed write is reported without another attempt, in milliseconds. */
const RECENT_MS = 10_000;

/** A write that changes nothing, and exercises all that a change requires. */
const touch = statement('UPDATE database SET restore_generation = restore_generation');

/** The number of the database's migrations. Throws a 503 if this version cannot serve it. */
export async function readMigrations(database: Database): Promise<number> {
  const [rows] = await database.read([selectMigrations], { call: 'health' });
  const problem = schemaProblem(rows);
  if (problem !== undefined) throw problem;
  return rows.length;
}

export interface Readiness {
  /** Names of the hypervisors whose executor is alive. */
  readonly executors: readonly string[];
  /** Where the removal of orphans is held, each with its reason. */
  readonly held: readonly unknown[];
  /** The technologies that do not respond. */
  readonly away: readonly { readonly hypervisor: string; readonly technology: string; readonly reason: string }[];
}

/**
 * Whether the database can be written and an executor is alive, which an executor reports only while its loop runs. A
 * technology that is away does not make weft unready. Throws a 503.
 */
export async function readReadiness(database: Database): Promise<Readiness> {
  const [hypervisors] = await database.read([selectHypervisors], { call: 'health' });
  await checkWrites(database);
  const executors = hypervisors.filter((hypervisor) => hypervisor.alive === 1);
  if (executors.length === 0) throw noExecutor(hypervisors[0]);
  return {
    executors: executors.map(({ name }) => name),
    held: hypervisors.flatMap(({ name, held }) => (held === null ? [] : [{ hypervisor: name, ...JSON.parse(held) }])),
    away: executors.flatMap(({ name, capabilities }) =>
      awayOf(capabilities).map(([technology, reason]) => ({ hypervisor: name, technology, reason })),
    ),
  };
}

/** Throws the reason if a write has failed and none has succeeded since. */
async function checkWrites(database: Database): Promise<void> {
  const failure = database.writeFailure?.() ?? null;
  if (failure === null) return;
  if (performance.now() - failure.atMs < RECENT_MS) throw failure.error;
  await database.write([touch], { audience: 'none', call: 'health' });
}

function noExecutor(oldest: Row | undefined): Problem {
  const seen = oldest?.silent_ms == null ? '' : `; ${oldest.name} was ${lastSeen(oldest.silent_ms)}`;
  return new Problem('unavailable', `No executor is alive${seen}`, {
    hint: 'Start one: npm start, or npm run executor',
  });
}
