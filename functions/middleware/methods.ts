import type { Hono } from 'hono';
import { Problem } from '../../schema/problem.ts';
import type { AppContext, AppEnvironment } from '../context.ts';

export type Handler = (c: AppContext) => Response | Promise<Response>;
export type Methods = Partial<Record<'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', Handler>>;

/** Serves one path: its methods, and a 405 with `Allow` for every other one. */
export function servePath(app: Hono<AppEnvironment>, path: string, methods: Methods): void {
  for (const [method, handler] of Object.entries(methods)) app.on(method, path, handler);
  const allow = [...Object.keys(methods), ...('GET' in methods ? ['HEAD'] : [])].join(', ');
  app.all(path, (c) => {
    throw new Problem('method_not_allowed', `${c.req.method} is not a method of ${c.req.path}`, {
      hint: `Allowed: ${allow}`,
      headers: { allow },
    });
  });
}
