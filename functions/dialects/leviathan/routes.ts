import type { Hono } from 'hono';
import type { AppEnvironment } from '../../http/context.ts';
import { serveDialect, serveWithin } from '../../http/methods.ts';
import * as calls from './calls.ts';
import * as cens from './cens.ts';
import * as cins from './cins.ts';
import * as containers from './containers.ts';
import * as images from './images.ts';
import { type MonitorPlatform, monitor } from './monitor/routes.ts';
import * as pools from './pools.ts';
import * as statistics from './statistics.ts';

/** Without a platform for WebSockets there are no monitors. */
export function leviathan(app: Hono<AppEnvironment>, monitors?: MonitorPlatform): void {
  serveDialect(app, '/cen/import', { POST: cens.importList });
  serveDialect(app, '/cen/make', { POST: cens.make });
  serveDialect(app, '/cen/destroy', { POST: cens.destroy });
  serveDialect(app, '/cen', { GET: cens.list });
  serveDialect(app, '/cen/:CenId', { PUT: cens.put, GET: cens.get, DELETE: cens.remove });
  serveDialect(app, '/cin/import', { POST: cins.importMap });
  serveDialect(app, '/cin/make', { POST: cins.make });
  serveDialect(app, '/cin/destroy', { POST: cins.destroy });
  serveDialect(app, '/cin', { GET: cins.list });
  serveDialect(app, '/cin/:CinId', { GET: cins.get, DELETE: cins.remove });
  serveDialect(app, '/cpool', { GET: pools.list, POST: pools.scale });
  serveDialect(app, '/cpool/:CPoolId', { GET: pools.get, DELETE: pools.remove });
  serveDialect(app, '/host/:HostId', { GET: containers.list });
  serveDialect(app, '/host/:HostId/:ContainerId', {
    PUT: containers.put,
    GET: containers.get,
    DELETE: containers.remove,
  });
  serveWithin(app, '/host/:HostId/:ContainerId/exec', { POST: calls.execute });
  serveWithin(app, '/host/:HostId/:ContainerId/log', { GET: calls.log });
  serveWithin(app, '/host/:HostId/:ContainerId/stats', { GET: statistics.get });
  // A CEN may have the name of an action: the method tells them apart.
  serveDialect(app, '/host/:HostId/:ContainerId/:CenId', {
    PUT: containers.join,
    DELETE: containers.leave,
    POST: containers.act,
  });
  serveDialect(app, '/images', { GET: images.list, POST: images.pull });
  serveDialect(app, '/images/:name{.+}', { GET: images.get, DELETE: images.remove });
  serveDialect(app, '/leviathan/monitor', { GET: monitor(monitors) });
}
