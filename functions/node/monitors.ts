import { upgradeWebSocket } from '@hono/node-server';
import type { Database } from '../../schema/database/database.ts';
import type { MonitorPlatform } from '../dialects/leviathan/monitor/routes.ts';
import { CinWatches } from '../events/cins/watches.ts';
import { Feed } from '../events/feed.ts';

/** Monitors of a process on Node: all connections read from one feed. */
export function monitorPlatform(database: Database, report: (error: unknown) => void): MonitorPlatform {
  const feed = new Feed(database, { report });
  const watches = new CinWatches({ database, feed, report });
  return {
    upgrade: (c, events) => upgradeWebSocket(c, events, { onError: report }),
    open: () => ({ watches, close: () => undefined }),
  };
}
