import type { MiddlewareHandler } from 'hono';
import type { AppEnvironment } from './context.ts';

/**
 * Lets pages of the listed origins read answers: without these headers a browser sends their requests and withholds the
 * answers. A preflight is answered before the caller is authenticated, since it carries no credentials (Fetch standard,
 * "CORS protocol"). `*` in lists of headers does not include `Authorization`.
 */
export function crossOrigin(): MiddlewareHandler<AppEnvironment> {
  return async (c, next) => {
    const { origins } = c.get('settings');
    const origin = c.req.header('origin');
    if (origins.size > 0) c.header('vary', 'Origin');
    if (origin === undefined || !origins.has(origin.toLowerCase())) return next();
    c.header('access-control-allow-origin', origin);
    c.header('access-control-expose-headers', '*');
    if (c.req.method !== 'OPTIONS' || c.req.header('access-control-request-method') === undefined) return next();
    c.header('access-control-allow-methods', 'GET, HEAD, POST, PUT, PATCH, DELETE');
    c.header('access-control-allow-headers', 'Authorization, *');
    return c.body(null, 204);
  };
}
