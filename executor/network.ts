import type { Database } from '../schema/database/database.ts';
import type { Logger } from '../schema/process/logger.ts';
import { bridgesKind } from './bridges.ts';
import { type HostChange, openNetnsDriver, openNetnsMonitor } from './drivers/netns/driver.ts';
import { type Kind, kind } from './kinds.ts';
import type { Lease } from './loop/lease.ts';
import type { Registration } from './loop/registration.ts';
import { networkRecords } from './records/network.ts';
import { networkResource } from './resources/network/resource.ts';

const operations = new Set([
  'container.create',
  'container.delete',
  'container.repair',
  'cen.import',
  'cen.make',
  'cen.destroy',
  'cen.delete',
  'cen.join',
  'cen.leave',
  'cen.repair',
  'network.sweep',
]);

export interface NetworkHost {
  readonly kinds: readonly Kind[];
  close(): Promise<void>;
}

interface NetworkHostOptions {
  readonly database: Database;
  readonly registration: Registration;
  readonly lease: Lease;
  readonly log: Pick<Logger, 'info' | 'warn'>;
}

/** Links and namespaces on this host: opens what containers, their networks and subnets stand on, and joins it to their rows. */
export async function openNetworkHost({
  database,
  registration,
  lease,
  log,
}: NetworkHostOptions): Promise<NetworkHost> {
  const listeners = new Set<(change: HostChange) => void>();
  const say = (level: 'info' | 'warn', text: string) => log[level](text);
  const driver = await openNetnsDriver({ expires: lease.expires, log: say });
  const monitor = await openNetnsMonitor({
    log: say,
    changed: (change) => {
      for (const listener of listeners) listener(change);
    },
  }).catch(async (error: unknown) => {
    await driver.close();
    throw error;
  });
  const changes = {
    subscribe(listener: (change: HostChange) => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const network = kind({
    technology: 'netns',
    health: () => driver.health(),
    operations,
    records: networkRecords(database, registration.databaseId, registration.hypervisor),
    resource: networkResource(driver, changes),
  });
  return {
    kinds: [network, bridgesKind({ database, registration, driver, changes })],
    async close() {
      await Promise.all([driver.close(), monitor.close()]);
    },
  };
}
