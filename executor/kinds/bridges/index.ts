import type { Database } from '../../../schema/database/database.ts';
import type { NetnsDriver } from '../../drivers/netns/driver.ts';
import type { Registration } from '../../loop/registration.ts';
import { bridgesOperations, bridgesRecords } from '../../records/bridges.ts';
import { type Kind, kind } from '../kind.ts';
import type { HostChanges } from '../network/resource.ts';
import { bridgesResource } from './resource.ts';

interface BridgesOptions {
  readonly database: Database;
  readonly registration: Registration;
  readonly driver: NetnsDriver;
  readonly changes: HostChanges;
}

/** The bridges by which this hypervisor is in subnets. */
export function bridgesKind({ database, registration, driver, changes }: BridgesOptions): Kind {
  const { databaseId, hypervisor } = registration;
  const subject = `hypervisors/${hypervisor}/bridges`;
  // Links come and go on a host all the time: events of others than these are no reason to look.
  let wanted: ReadonlySet<string> = new Set();
  return kind({
    technology: 'netns',
    health: () => driver.health(),
    operations: bridgesOperations,
    records: bridgesRecords(database, { databaseId, hypervisor, subject }, (interfaces) => {
      wanted = new Set(interfaces);
    }),
    resource: bridgesResource(driver, changes, { subject, isWanted: (name) => wanted.has(name) }),
  });
}
