import type { Hono } from 'hono';
import type { AppEnvironment } from '../../http/context.ts';
import { serveDialect, serveWithin } from '../../http/methods.ts';
import * as hosts from './hosts.ts';
import * as networks from './networks.ts';
import * as statistics from './statistics.ts';

export function compute(app: Hono<AppEnvironment>): void {
  serveDialect(app, '/hosts', { GET: hosts.list });
  serveDialect(app, '/hosts/:hostname', {
    GET: hosts.get,
    POST: hosts.create,
    PATCH: hosts.update,
    DELETE: hosts.remove,
  });
  serveWithin(app, '/hosts/:hostname/stats', { GET: statistics.get });
  serveDialect(app, '/hosts/:hostname/:action', { PUT: hosts.act });
  serveDialect(app, '/networks', { GET: networks.list });
  serveDialect(app, '/networks/:name', { GET: networks.get, POST: networks.create, DELETE: networks.remove });
  serveDialect(app, '/hosts/:hostname/networks/:name', { POST: networks.createForHost });
}
