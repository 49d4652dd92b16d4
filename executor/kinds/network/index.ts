import type { Database } from '../../../schema/database/database.ts';
import type { DatabaseAddress } from '../../../schema/database/reader.ts';
import type { Logger } from '../../../schema/process/logger.ts';
import { type HostChange, openNetnsDriver, openNetnsMonitor } from '../../drivers/netns/driver.ts';
import type { Lease } from '../../loop/lease.ts';
import type { Registration } from '../../loop/registration.ts';
import { networkRecords } from '../../records/network.ts';
import { bridgesKind } from '../bridges/index.ts';
import { type Kind, kind } from '../kind.ts';
import { openComparer } from './comparer/comparer.ts';
import { networkResource } from './resource.ts';

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
  /** Where a thread finds the database that it compares the whole host with; null: the loop does that itself. */
  readonly address: DatabaseAddress | null;
}

/** Links and namespaces on this host: opens what containers, their networks and subnets stand on, and joins it to their rows. */
export async function openNetworkHost({
  database,
  registration,
  lease,
  log,
  address,
}: NetworkHostOptions): Promise<NetworkHost> {
  const opened = new AsyncDisposableStack();
  try {
    const listeners = new Set<(change: HostChange) => void>();
    const changes = {
      subscribe(listener: (change: HostChange) => void) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    };
    const changed = (change: HostChange) => {
      for (const listener of listeners) listener(change);
    };
    const say = (level: 'info' | 'warn', text: string) => log[level](text);
    const close = (each: { close(): Promise<void> }) => each.close();
    const driver = opened.adopt(await openNetnsDriver({ expires: lease.expires, log: say }), close);
    opened.adopt(await openNetnsMonitor({ log: say, changed }), close);
    const { databaseId, hypervisor } = registration;
    const comparer =
      address && opened.adopt(await openComparer({ database: address, databaseId, hypervisor }, { log: say }), close);
    const network = kind({
      technology: 'netns',
      health: () => driver.health(),
      operations,
      records: networkRecords(database, databaseId, hypervisor),
      resource: networkResource(driver, changes),
      ...(comparer && { compare: comparer.compare }),
    });
    return {
      kinds: [network, bridgesKind({ database, registration, driver, changes })],
      close: () => opened.disposeAsync(),
    };
  } catch (error) {
    await opened.disposeAsync();
    throw error;
  }
}
