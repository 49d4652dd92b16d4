import type { Hono } from 'hono';
import type { AppEnvironment } from '../../context.ts';
import { servePath } from '../../middleware/methods.ts';
import * as reconcile from './reconcile.ts';

export function hypervisors(app: Hono<AppEnvironment>): void {
  servePath(app, '/hypervisors/:id/resync', { POST: reconcile.resync });
  servePath(app, '/hypervisors/:id/orphans', { GET: reconcile.listOrphans, DELETE: reconcile.removeOrphans });
}
