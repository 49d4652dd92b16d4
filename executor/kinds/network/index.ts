import { networkDefinition } from '../../../schema/resources/network/definition.ts';
import { netns } from '../../peers/netns.ts';
import { networkRecords } from '../../records/network.ts';
import { kind, kindModule } from '../kind.ts';
import { openComparer } from './comparer/comparer.ts';
import { networkResource } from './resource.ts';

/** Containers and the networks between them. */
export const network = kindModule({
  peer: netns,

  async open({ driver, changes, health }, { database, registration, log, address }) {
    const { databaseId, hypervisor } = registration;
    const comparer =
      address &&
      (await openComparer({ database: address, databaseId, hypervisor }, { log: (level, text) => log[level](text) }));
    return {
      kind: kind({
        definition: networkDefinition,
        health,
        records: networkRecords(database, databaseId, hypervisor),
        resource: networkResource(driver, changes),
        ...(comparer && { compare: comparer.compare }),
      }),
      close: async () => comparer?.close(),
    };
  },
});
