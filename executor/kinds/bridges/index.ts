import { bridgesDefinition } from '../../../schema/resources/bridges.ts';
import { netns } from '../../peers/netns.ts';
import { bridgesRecords } from '../../records/bridges.ts';
import { kind, kindModule } from '../kind.ts';
import { bridgesResource } from './resource.ts';

/** The bridges by which a hypervisor is in subnets. */
export const bridges = kindModule({
  peer: netns,

  async open({ driver, changes, health }, { database, registration }) {
    const { databaseId, hypervisor } = registration;
    const subject = `hypervisors/${hypervisor}/bridges`;
    // Links come and go on a host all the time: events of others than these are no reason to look.
    let wanted: ReadonlySet<string> = new Set();
    return {
      kind: kind({
        definition: bridgesDefinition,
        health,
        records: bridgesRecords(database, { databaseId, hypervisor, subject }, (interfaces) => {
          wanted = new Set(interfaces);
        }),
        resource: bridgesResource(driver, changes, { subject, isWanted: (name) => wanted.has(name) }),
      }),
    };
  },
});
