import type { Hono } from 'hono';
import { now, statement } from '../schema/database/database.ts';
import { Problem } from '../schema/problem.ts';
import { alive } from '../schema/statements/alive.ts';
import type { AppEnvironment } from './context.ts';
import { answerJson } from './middleware/json.ts';
import { servePath } from './middleware/methods.ts';

const selectMigrations = statement<{ migrations: number }>('SELECT count(*) AS migrations FROM migrations');

const selectAlive = statement<{ name: string; alive: number; silent_ms: number | null; held: string | null }>(
  `SELECT name, held, ${now} - last_seen_ms AS silent_ms, ${alive('h')} AS alive
   FROM hypervisors h ORDER BY created_ms`,
);

/** `/healthz`: migrations are applied and the database answers. `/readyz`: an executor is alive too. */
export function health(app: Hono<AppEnvironment>): void {
  servePath(app, '/healthz', {
    GET: async (c) => {
      const [rows] = await c.get('settings').database.read([selectMigrations]);
      return answerJson(c, { status: 'ok', migrations: rows[0]?.migrations ?? 0 });
    },
  });
  servePath(app, '/readyz', {
    GET: async (c) => {
      const [hypervisors] = await c.get('settings').database.read([selectAlive]);
      const alive = hypervisors.filter((hypervisor) => hypervisor.alive === 1).map(({ name }) => name);
      const held = hypervisors.flatMap(({ name, held: reason }) =>
        reason === null ? [] : [{ hypervisor: name, ...JSON.parse(reason) }],
      );
      if (alive.length > 0) {
        return answerJson(c, { status: 'ready', executors: alive, ...(held.length > 0 ? { held } : {}) });
      }
      const last = hypervisors[0];
      const seen =
        last?.silent_ms == null ? '' : `; ${last.name} was last seen ${Math.round(last.silent_ms / 1000)} s ago`;
      throw new Problem('unavailable', `No executor is alive${seen}`, {
        hint: 'Start one: npm start, or npm run executor',
      });
    },
  });
}
