import type { ClaimedOperation, Labelled } from '../../../schema/resources/definition.ts';
import { GARBAGE_COLLECTION } from '../../../schema/resources/network/definition.ts';
import type { NetworkEnd } from '../../../schema/resources/network/finish.ts';
import type { OperationRows } from '../../../schema/resources/network/operation-rows.ts';
import type { NetworkRows } from '../../../schema/resources/network/rows.ts';
import type { Spec } from '../spec.ts';
import { garbageCollectionChange, networkChange } from './change.ts';
import { type Network, wiringType } from './desired.ts';
import { imagesOf, processEnd } from './processes.ts';
import type { ObservedNetwork } from './steps.ts';
import { wantedOf } from './wanted.ts';

/** The desired state of containers and CENs, and what is reported of them. `database`: its id, as in labels. */
export function networkSpec(database: string): Spec<OperationRows, NetworkRows, Network, ObservedNetwork, NetworkEnd> {
  return {
    change(operation, rows) {
      if (operation.kind === GARBAGE_COLLECTION) return garbageCollectionChange(database, orphansOf(operation));
      return isSuperseded(operation, rows) ? null : networkChange(database, operation, rows);
    },

    desired: (rows) => wantedOf(database, rows),

    end({ before, after }, { status }, observed) {
      const { segments, namespaces, isolations, processes } = status === 'succeeded' ? after : before;
      const ends = new Map(processes.map((each) => [each.container, processEnd(each, observed?.processes ?? null)]));
      return {
        cens: segments.map((segment) => ({
          name: segment.name,
          made: segment.made,
          wiring: wiringType(segment),
          state: segment.made ? 'ready' : 'pending',
        })),
        containers: namespaces.map(({ name, present }) => ({
          name,
          namespace: present,
          state: present ? 'running' : 'declared',
          ...ends.get(name),
        })),
        images: imagesOf(processes, observed?.processes ?? null),
        cins: isolations.map(({ name, present }) => ({ name, made: present, state: present ? 'ready' : 'pending' })),
      };
    },
  };
}

/** The resource was changed after its repair was filed: that change brings the host to the desired state. */
function isSuperseded({ kind, resource, generation }: ClaimedOperation, rows: OperationRows): boolean {
  if (!kind.endsWith('.repair')) return false;
  const repaired = { 'cen.repair': rows.cens, 'cin.repair': rows.cins }[kind] ?? rows.containers;
  const own = repaired.find(({ name }) => resource.endsWith(`/${name}`));
  return own === undefined || own.generation !== generation;
}

function orphansOf({ request }: ClaimedOperation): Labelled[] {
  const { orphans }: { orphans: Labelled[] } = JSON.parse(request);
  return orphans;
}
