import type { Hono } from 'hono';
import { Problem } from '../../schema/problem.ts';
import type { AppContext, AppEnvironment } from './context.ts';
import { HYPERVISOR_PREFIX } from './hypervisor-prefix.ts';

export type Handler = (c: AppContext) => Response | Promise<Response>;
export type Methods = Partial<Record<'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', Handler>>;

/** Serves a path of a dialect, with and without the hypervisor prefix. */
export function serveDialect(app: Hono<AppEnvironment>, path: string, methods: Methods): void {
  servePath(app, path, methods);
  servePath(app, `${HYPERVISOR_PREFIX}${path}`, methods);
}

/** Serves methods of a path that a more general one has for other methods: registered before that. */
export function serveWithin(app: Hono<AppEnvironment>, path: string, methods: Methods): void {
  for (const [method, handler] of Object.entries(methods)) {
    app.on(method, [path, `${HYPERVISOR_PREFIX}${path}`], handler);
  }
}

/** Serves one path: its methods, and a 405 with `Allow` for all others. */
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
