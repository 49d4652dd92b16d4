import type { Database } from '../schema/database/database.ts';
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
  /** Called when the work can't go on. */
  readonly lost: (reason: unknown) => void;
}

/** Links and namespaces on this host: opens what containers, their networks and subnets stand on, and joins it to their rows. */
export async function openNetworkHost({
  database,
  registration,
  lease,
  lost,
}: NetworkHostOptions): Promise<NetworkHost> {
  const listeners = new Set<(change: HostChange) => void>();
  const driver = await openNetnsDriver({ expires: () => lease.expires });
  const monitor = await openNetnsMonitor({
    changed: (change) => {
      for (const listener of listeners) listener(change);
    },
  }).catch(async (error: unknown) => {
    await driver.close();
    throw error;
  });
  let closing = false;
  void Promise.race([driver.ended, monitor.ended]).then((reason) => {
    if (!closing) lost(new Error(`a thread of the netns driver ended by itself${reason ? `: ${reason}` : ''}`));
  });
  const changes = {
    subscribe(listener: (change: HostChange) => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const network = kind({
    technology: 'netns',
    operations,
    records: networkRecords(database, registration.databaseId, registration.hypervisor),
    resource: networkResource(driver, changes),
  });
  return {
    kinds: [network, bridgesKind({ database, registration, driver, changes })],
    async close() {
      closing = true;
      await Promise.all([driver.close(), monitor.close()]);
    },
  };
}
