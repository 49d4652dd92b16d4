import type { Hono } from 'hono';
import { now, statement } from '../schema/database/database.ts';
import { Problem } from '../schema/problem.ts';
import { alive, lastSeen } from '../schema/statements/alive.ts';
import type { AppEnvironment } from './context.ts';
import { awayOf } from './intent/waiting.ts';
import { answerJson } from './middleware/json.ts';
import { servePath } from './middleware/methods.ts';
import { notMigrated } from './schema-check.ts';

const selectMigrations = statement<{ migrations: number }>('SELECT count(*) AS migrations FROM migrations');

interface Row {
  readonly name: string;
  readonly alive: number;
  readonly silent_ms: number | null;
  readonly held: string | null;
  readonly capabilities: string;
}

const selectHypervisors = statement<Row>(
  `SELECT name, held, capabilities, ${now} - last_seen_ms AS silent_ms, ${alive('h')} AS alive
   FROM hypervisors h ORDER BY created_ms`,
);

/**
 * `/healthz`: migrations are applied and the database answers. `/readyz`: an executor is alive too, which it says only
 * while its loop moves; what it cannot reach of its host is told, and is no reason not to be ready.
 */
export function health(app: Hono<AppEnvironment>): void {
  servePath(app, '/healthz', {
    GET: async (c) => {
      const [rows] = await c.get('settings').database.read([selectMigrations], { call: 'health' });
      const migrations = rows[0]?.migrations ?? 0;
      if (migrations === 0) throw notMigrated();
      return answerJson(c, { status: 'ok', migrations });
    },
  });
  servePath(app, '/readyz', {
    GET: async (c) => {
      const [hypervisors] = await c.get('settings').database.read([selectHypervisors], { call: 'health' });
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

function noExecutor(oldest: Row | undefined): Problem {
  const seen = oldest?.silent_ms == null ? '' : `; ${oldest.name} was ${lastSeen(oldest.silent_ms)}`;
  return new Problem('unavailable', `No executor is alive${seen}`, {
    hint: 'Start one: npm start, or npm run executor',
  });
}
