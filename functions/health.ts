import type { Hono } from 'hono';
import { type Database, now, statement } from '../schema/database/database.ts';
import { schemaProblem, selectMigrations } from '../schema/database/known-migrations.ts';
import { Problem } from '../schema/problem.ts';
import { alive, lastSeen } from '../schema/statements/alive.ts';
import type { AppEnvironment } from './context.ts';
import { awayOf } from './intent/waiting.ts';
import { answerJson } from './middleware/json.ts';
import { servePath } from './middleware/methods.ts';

interface Row {
  readonly name: string;
  readonly alive: number;
  readonly silent_ms: number | null;
  readonly held: string | null;
  readonly capabilities: string;
}

const selectHypervisors = statement<Row>(
  `SELECT name, held, capabilities, ${now} - last_seen_ms AS silent_ms, ${alive('h')} AS alive
   FROM hypervisors h ORDER BY created_ms, name`,
);

/** A failed write is told of for so long without another try, in milliseconds. */
const RECENT_MS = 10_000;

/** Changes nothing, and needs all that a change needs. */
const touch = statement('UPDATE database SET restore_generation = restore_generation');

/**
 * `/healthz`: migrations are applied and the database answers. `/readyz`: it can be written, and an executor is alive,
 * which it says only while its loop moves; what it cannot reach of its host is told, and is no reason not to be ready.
 */
export function health(app: Hono<AppEnvironment>): void {
  servePath(app, '/healthz', {
    GET: async (c) => {
      const [rows] = await c.get('settings').database.read([selectMigrations], { call: 'health' });
      const problem = schemaProblem(rows);
      if (problem !== undefined) throw problem;
      return answerJson(c, { status: 'ok', migrations: rows.length });
    },
  });
  servePath(app, '/readyz', {
    GET: async (c) => {
      const { database } = c.get('settings');
      const [hypervisors] = await database.read([selectHypervisors], { call: 'health' });
      await checkWrites(database);
      const executors = hypervisors.filter((hypervisor) => hypervisor.alive === 1);
      if (executors.length === 0) throw noExecutor(hypervisors[0]);
      const held = hypervisors.flatMap(({ name, held: reason }) =>
        reason === null ? [] : [{ hypervisor: name, ...JSON.parse(reason) }],
      );
      const away = executors.flatMap(({ name, capabilities }) =>
        awayOf(capabilities).map(([technology, reason]) => ({ hypervisor: name, technology, reason })),
      );
      return answerJson(c, {
        status: 'ready',
        executors: executors.map(({ name }) => name),
        ...(held.length > 0 ? { held } : {}),
        ...(away.length > 0 ? { away } : {}),
      });
    },
  });
}

/** Where no write has succeeded since one failed: throws why. */
async function checkWrites(database: Database): Promise<void> {
  const failure = database.writeFailure?.() ?? null;
  if (failure === null) return;
  if (performance.now() - failure.atMs < RECENT_MS) throw failure.error;
  await database.write([touch], { wakes: 'nobody', call: 'health' });
}

function noExecutor(oldest: Row | undefined): Problem {
  const seen = oldest?.silent_ms == null ? '' : `; ${oldest.name} was ${lastSeen(oldest.silent_ms)}`;
  return new Problem('unavailable', `No executor is alive${seen}`, {
    hint: 'Start one: npm start, or npm run executor',
  });
}
