import { networkDefinition } from '../../../schema/resources/network/definition.ts';
import { netns } from '../../peers/netns.ts';
import { kindModule, ownKind } from '../kind.ts';
import { garbageCollectionChange } from './change.ts';
import { openComparer } from './comparer/comparer.ts';
import { networkResource } from './resource.ts';
import { networkSpec } from './spec.ts';

/** Containers and the networks between them. */
export const network = kindModule({
  peer: netns,

  async open({ driver, changes }, { registration, log, address }) {
    const { databaseId, hypervisor } = registration;
    const comparer =
      address &&
      (await openComparer({ database: address, databaseId, hypervisor }, { log: (level, text) => log[level](text) }));
    return {
      kind: ownKind({
        definition: networkDefinition,
        spec: networkSpec(databaseId),
        resource: networkResource(driver, changes),
        ...(comparer && { compare: comparer.compare }),
      }),
      close: async () => comparer?.close(),
    };
  },

  cleaner: ({ driver, changes }, databaseId) => ({
    resource: networkResource(driver, changes),
    without: (labelled) => garbageCollectionChange(databaseId, labelled).after,
  }),
});
