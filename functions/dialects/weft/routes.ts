import type { Hono } from 'hono';
import type { AppEnvironment } from '../../http/context.ts';
import { servePath } from '../../http/methods.ts';
import { healthz, readyz } from './health.ts';
import * as operations from './operations.ts';
import { welcome } from './welcome.ts';

/** The paths of the API itself: health, and the operations of every dialect. */
export function weft(app: Hono<AppEnvironment>): void {
  servePath(app, '/', { GET: welcome });
  servePath(app, '/healthz', { GET: healthz });
  servePath(app, '/readyz', { GET: readyz });
  servePath(app, '/operations', { GET: operations.list });
  servePath(app, '/operations/:id', { GET: operations.get });
  servePath(app, '/operations/:id/cancel', { POST: operations.cancel });
  servePath(app, '/operations/:id/retry', { POST: operations.retry });
}
