import type { Database, Rows } from '../../schema/database/database.ts';
import type { Network } from '../kinds/network/desired.ts';
import type { Change, Labelled } from '../kinds/resource.ts';
import { networkChange, sweepChange } from './network-change.ts';
import { networkResting } from './network-resting.ts';
import { type OperationRowSet, selectOperationRows } from './network-rows.ts';
import { settleNetwork } from './network-settle.ts';
import { type ClaimedOperation, loading, type Records } from './records.ts';

const SWEEP = 'network.sweep';

/** The rows of containers, CENs and memberships, as the executor of `hypervisor` reads and writes them. */
export function networkRecords(database: Database, databaseId: string, hypervisor: string): Records<Network> {
  return {
    load: (operations) =>
      loading(selectOperationRows(hypervisor, operations.map(sequenceOf)), (found) => {
        const rows = rowsBySequence(found);
        return new Map(
          operations.map((operation): [number, Change<Network> | null] => {
            if (operation.kind === SWEEP) return [operation.sequence, sweepChange(databaseId, orphansOf(operation))];
            const own = rows(operation.sequence);
            return [
              operation.sequence,
              isSuperseded(operation, own) ? null : networkChange(databaseId, operation.kind, own),
            ];
          }),
        );
      }),

    settle: (operation, change, ending) =>
      operation.kind === SWEEP ? [] : settleNetwork(hypervisor, operation, change, ending),

    ...networkResting(database, { databaseId, hypervisor }),
  };
}

const sequenceOf = ({ sequence }: ClaimedOperation) => sequence;

function rowsBySequence([cens, members, containers]: Rows<ReturnType<typeof selectOperationRows>>): (
  sequence: number,
) => OperationRowSet {
  const bySequence = {
    cens: Map.groupBy(cens, ({ sequence }) => sequence),
    members: Map.groupBy(members, ({ sequence }) => sequence),
    containers: Map.groupBy(containers, ({ sequence }) => sequence),
  };
  return (sequence) => ({
    cens: bySequence.cens.get(sequence) ?? [],
    members: bySequence.members.get(sequence) ?? [],
    containers: bySequence.containers.get(sequence) ?? [],
  });
}

/** Somebody changed the resource after its repair was filed: that change brings the host where it should be. */
function isSuperseded({ kind, resource, generation }: ClaimedOperation, rows: OperationRowSet): boolean {
  if (!kind.endsWith('.repair')) return false;
  const own = (kind === 'cen.repair' ? rows.cens : rows.containers).find(({ name }) => resource.endsWith(`/${name}`));
  return own === undefined || own.generation !== generation;
}

function orphansOf({ request }: ClaimedOperation): Labelled[] {
  const { orphans }: { orphans: Labelled[] } = JSON.parse(request);
  return orphans;
}
