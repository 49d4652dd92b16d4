import type { Database } from '../../schema/database/database.ts';
import { label, subject } from '../../schema/names.ts';
import type { MemberWish, Network } from '../resources/network/desired.ts';
import type { Change } from '../resources/resource.ts';
import { networkChange } from './network-change.ts';
import { selectOperationRows, selectRestingRows } from './network-rows.ts';
import { settleNetwork } from './network-settle.ts';
import type { Records, Resting } from './records.ts';

/** The rows of containers, CENs and memberships, as the executor of `hypervisor` reads and writes them. */
export function networkRecords(database: Database, databaseId: string, hypervisor: string): Records<Network> {
  return {
    async load(operations) {
      const [cens, members, containers] = await database.read(
        selectOperationRows(
          hypervisor,
          operations.map(({ sequence }) => sequence),
        ),
      );
      const bySequence = {
        cens: Map.groupBy(cens, ({ sequence }) => sequence),
        members: Map.groupBy(members, ({ sequence }) => sequence),
        containers: Map.groupBy(containers, ({ sequence }) => sequence),
      };
      return new Map(
        operations.map(({ sequence, kind }): [number, Change<Network>] => [
          sequence,
          networkChange(databaseId, kind, {
            cens: bySequence.cens.get(sequence) ?? [],
            members: bySequence.members.get(sequence) ?? [],
            containers: bySequence.containers.get(sequence) ?? [],
          }),
        ]),
      );
    },

    settle: (operation, change, ending) => settleNetwork(hypervisor, operation, change, ending),

    async loadResting() {
      const [cens, containers] = await database.read(selectRestingRows(hypervisor));
      return [
        ...containers.map(({ id, name, generation, desired, namespace }): Resting<Network> => {
          const own = subject(hypervisor, 'containers', name);
          const present = desired === 'present' && namespace === 1;
          const wish = { name, label: label(databaseId, id), present };
          return { subject: own, generation, subjects: [own], desired: { namespaces: [wish], segments: [] } };
        }),
        ...cens.map(({ id, name, link_name, generation, made, members }): Resting<Network> => {
          const wishes: MemberWish[] = JSON.parse(members);
          const own = subject(hypervisor, 'cens', name);
          const segment = {
            name,
            label: label(databaseId, id),
            linkName: link_name,
            made: made === 1,
            members: wishes,
          };
          return {
            subject: own,
            generation,
            subjects: [own, ...wishes.map(({ container }) => subject(hypervisor, 'containers', container))],
            desired: { namespaces: [], segments: [segment] },
          };
        }),
      ];
    },

    repairKind: (resource) => (resource.includes('/cens/') ? 'cen.repair' : 'container.repair'),
  };
}
