import type { Hono } from 'hono';
import type { AppEnvironment } from '../../http/context.ts';
import { servePath } from '../../http/methods.ts';
import * as one from './hypervisors.ts';
import * as reconcile from './reconcile.ts';
import * as subnets from './subnets.ts';

export function hypervisors(app: Hono<AppEnvironment>): void {
  servePath(app, '/hypervisors', { GET: one.list, POST: one.create });
  servePath(app, '/hypervisors/:id', { GET: one.get, PATCH: one.update, DELETE: one.remove });
  servePath(app, '/hypervisors/:id/config', { GET: one.getConfig, PATCH: one.changeConfig });
  servePath(app, '/hypervisors/:id/subnets', { GET: one.getSubnets, PATCH: one.changeSubnets });
  servePath(app, '/hypervisors/:id/subnets/:subnetID', { GET: one.getSubnet, DELETE: one.removeSubnet });
  servePath(app, '/hypervisors/:id/guests', { GET: one.getGuests });
  servePath(app, '/hypervisors/:id/resync', { POST: reconcile.resync });
  servePath(app, '/hypervisors/:id/orphans', { GET: reconcile.listOrphans, DELETE: reconcile.removeOrphans });
  servePath(app, '/hypervisors/:id/orphans/:kind/:name{.+}', { POST: reconcile.decideOrphan });
  servePath(app, '/subnets', { GET: subnets.list, POST: subnets.create });
  servePath(app, '/subnets/:subnetID', { GET: subnets.get, PATCH: subnets.update, DELETE: subnets.remove });
  servePath(app, '/subnets/:subnetID/addresses', { GET: subnets.listAddresses, POST: subnets.reserve });
  servePath(app, '/subnets/:subnetID/addresses/:address', { GET: subnets.getAddress, DELETE: subnets.release });
}
