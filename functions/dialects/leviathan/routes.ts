import type { Hono } from 'hono';
import type { AppEnvironment } from '../../context.ts';
import { servePath } from '../../middleware/methods.ts';
import * as cens from './cens.ts';
import * as containers from './containers.ts';

export function leviathan(app: Hono<AppEnvironment>): void {
  servePath(app, '/cen/import', { POST: cens.importList });
  servePath(app, '/cen/make', { POST: cens.make });
  servePath(app, '/cen/destroy', { POST: cens.destroy });
  servePath(app, '/cen/:CenId', { PUT: cens.put, GET: cens.get, DELETE: cens.remove });
  servePath(app, '/host/:HostId/:ContainerId', { PUT: containers.put, GET: containers.get, DELETE: containers.remove });
  servePath(app, '/host/:HostId/:ContainerId/:CenId', { PUT: containers.join, DELETE: containers.leave });
}
