import { label as labelOf } from '../../../schema/names.ts';
import {
  CREATE_VLAN_NETWORK,
  REPAIR_VLAN_NETWORK,
  type VlanNetworkEnd,
} from '../../../schema/resources/vlan-networks/finish.ts';
import {
  type VlanNetworkRow,
  type VlanNetworkRows,
  type VlanNetworkSpec,
  vlanNetworkSubjectOf,
} from '../../../schema/resources/vlan-networks/rows.ts';
import type { Spec } from '../spec.ts';
import { type ObservedNetworks, seenOf } from './observed.ts';
import { type DesiredNetwork, ownNetwork } from './plan.ts';

/** Whose networks they are. */
export interface NetworksOwner {
  readonly databaseId: string;
  readonly hypervisor: string;
}

type VlanNetworksSpec = Spec<VlanNetworkRows, VlanNetworkRow, DesiredNetwork, ObservedNetworks, VlanNetworkEnd>;

/** The meaning of the rows of VLAN networks. */
export function vlanNetworksSpec({ databaseId, hypervisor }: NetworksOwner): VlanNetworksSpec {
  const ownerOf = (name: string) => labelOf(databaseId, vlanNetworkSubjectOf(hypervisor, name));

  function present({ id, name, generation }: VlanNetworkRow, { bridge, vlan }: VlanNetworkSpec): DesiredNetwork {
    const model = { uuid: id, name, owner: ownerOf(name), generation, bridge, vlan };
    return { wanted: 'present', name, model };
  }

  function absent(name: string, row: VlanNetworkRow | undefined): DesiredNetwork {
    return { wanted: 'absent', name, uuid: row?.id ?? null, owner: ownerOf(name) };
  }

  function desiredOf(row: VlanNetworkRow): DesiredNetwork {
    return row.desired === 'absent' ? absent(row.name, row) : present(row, row);
  }

  return {
    change({ kind, request, generation }, { name, row }) {
      const gone = absent(name, row);
      const to = (after: DesiredNetwork, before = gone) => ({ before, after, total: 1 });
      switch (kind) {
        case CREATE_VLAN_NETWORK: {
          if (row === undefined) return null;
          const wanted: VlanNetworkSpec = JSON.parse(request);
          return to(present({ ...row, generation }, wanted));
        }
        case REPAIR_VLAN_NETWORK:
          return row?.generation === generation ? to(desiredOf(row), desiredOf(row)) : null;
        default:
          return to(gone, row === undefined ? gone : present(row, row));
      }
    },
    desired: desiredOf,
    isUpToDate(row, observed) {
      const found = ownNetwork(desiredOf(row), observed);
      if (found === undefined || row.desired === 'absent') return false;
      const { uuid, state, autostart, persistent } = seenOf(found);
      return (
        row.uuid === uuid &&
        row.state === state &&
        row.autostart === Number(autostart) &&
        row.persistent === Number(persistent)
      );
    },
    end({ after }, _ending, observed) {
      const found = observed === null ? undefined : ownNetwork(after, observed);
      return { network: found === undefined ? null : seenOf(found) };
    },
  };
}
