import { networkDefinition } from '../../../schema/resources/network/definition.ts';
import { hostBlocksNote } from '../../../schema/resources/network/host-blocks.ts';
import { netns } from '../../peers/netns.ts';
import { kindModule, ownKind } from '../kind.ts';
import { garbageCollectionChange } from './change.ts';
import { openComparer } from './comparer/comparer.ts';
import { HostBlocks } from './host-blocks.ts';
import { networkResource } from './resource.ts';
import { networkSpec } from './spec.ts';

const SECOND_MS = 1_000;

/** Containers, the networks between them, and their addresses. */
export const network = kindModule({
  peer: netns,

  async open({ driver, changes, isolationOf }, { registration, log, address, configuration, record, recordAtStart }) {
    const { databaseId, hypervisor } = registration;
    const isolation = isolationOf(databaseId);
    const intervalMs = configuration.scanSeconds * SECOND_MS;
    const blocks = new HostBlocks({ driver, log, intervalMs, record: (found) => record(hostBlocksNote, found) });
    await blocks.refresh((found) => recordAtStart(hostBlocksNote, found));
    const comparer =
      address &&
      (await openComparer({ database: address, databaseId, hypervisor }, { log: (level, text) => log[level](text) }));
    return {
      kind: ownKind({
        definition: networkDefinition,
        spec: networkSpec(databaseId),
        resource: networkResource({ driver, isolation }, changes),
        ...(comparer && { compare: comparer.compare }),
      }),
      async close() {
        blocks.close();
        await comparer?.close();
        await isolation.close();
      },
    };
  },

  cleaner: ({ driver, changes, isolationOf }, databaseId) => ({
    resource: networkResource({ driver, isolation: isolationOf(databaseId) }, changes),
    without: (labelled) => garbageCollectionChange(databaseId, labelled).after,
  }),
});
