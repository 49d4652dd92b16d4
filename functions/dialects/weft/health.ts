import { readMigrations, readReadiness } from '../../commands/health/read.ts';
import type { AppContext } from '../../http/context.ts';
import { answerJson } from '../../http/json.ts';

/** GET /healthz: migrations are applied and the database answers. */
export async function healthz(c: AppContext): Promise<Response> {
  return answerJson(c, { status: 'ok', migrations: await readMigrations(c.get('settings').database) });
}

/** GET /readyz: the database can be written, and an executor is alive. */
export async function readyz(c: AppContext): Promise<Response> {
  const { executors, held, away } = await readReadiness(c.get('settings').database);
  return answerJson(c, {
    status: 'ready',
    executors,
    ...(held.length > 0 ? { held } : {}),
    ...(away.length > 0 ? { away } : {}),
  });
}
