import type { Hono } from 'hono';
import type { AppEnvironment } from '../../http/context.ts';
import { serveDialect } from '../../http/methods.ts';
import * as cens from './cens.ts';
import * as containers from './containers.ts';

export function leviathan(app: Hono<AppEnvironment>): void {
  serveDialect(app, '/cen/import', { POST: cens.importList });
  serveDialect(app, '/cen/make', { POST: cens.make });
  serveDialect(app, '/cen/destroy', { POST: cens.destroy });
  serveDialect(app, '/cen/:CenId', { PUT: cens.put, GET: cens.get, DELETE: cens.remove });
  serveDialect(app, '/host/:HostId/:ContainerId', {
    PUT: containers.put,
    GET: containers.get,
    DELETE: containers.remove,
  });
  serveDialect(app, '/host/:HostId/:ContainerId/:CenId', { PUT: containers.join, DELETE: containers.leave });
}
