import { statement } from '../../database/database.ts';
import { type Changed, type IdlePage, purgeTables, type Query, query, type ResourceDefinition } from '../definition.ts';
import {
  CREATE_VLAN_NETWORK,
  DELETE_VLAN_NETWORK,
  finishVlanNetwork,
  REPAIR_VLAN_NETWORK,
  rollbackVlanNetworks,
  type VlanNetworkEnd,
} from './finish.ts';
import {
  type VlanNetworkRow,
  type VlanNetworkRows,
  vlanNetworkColumns,
  vlanNetworkOfSubject,
  vlanNetworkSubject,
  vlanNetworkSubjectOf,
} from './rows.ts';

const operations: ResourceDefinition['operations'] = {
  [CREATE_VLAN_NETWORK]: { onFailure: 'undo' },
  [DELETE_VLAN_NETWORK]: { onFailure: 'repair' },
  [REPAIR_VLAN_NETWORK]: { onFailure: 'repair' },
};

const selectNamed = `
  SELECT ${vlanNetworkColumns} FROM json_each(:names) j
  CROSS JOIN vlan_networks n ON n.hypervisor = :hypervisor AND n.name = j.value`;

const selectIdle = (which: string) => `
  SELECT ${vlanNetworkColumns}, EXISTS (SELECT 1 FROM operation_subjects s WHERE s.subject = ${vlanNetworkSubject}) AS busy
  FROM ${which} ORDER BY n.name`;

const selectAll = selectIdle('vlan_networks n WHERE n.hypervisor = :hypervisor');

/** Events name a network by its UUID or its name. */
const selectChanged = selectIdle(`
  (SELECT x.id FROM json_each(:changed) j CROSS JOIN vlan_networks x ON x.id = j.value AND +x.hypervisor = :hypervisor
   UNION
   SELECT x.id FROM json_each(:changed) j CROSS JOIN vlan_networks x ON x.hypervisor = :hypervisor AND x.name = j.value) c
  CROSS JOIN vlan_networks n ON n.id = c.id`);

/** Libvirt networks on bridges of Open vSwitch. */
export const vlanNetworksDefinition: ResourceDefinition<VlanNetworkRows, VlanNetworkRow, VlanNetworkEnd> = {
  name: 'vlan_networks',
  technology: 'libvirt',
  operations,
  repair: () => REPAIR_VLAN_NETWORK,

  load(hypervisor, claimed) {
    const names = JSON.stringify([...new Set(claimed.map(({ resource }) => vlanNetworkOfSubject(resource)))]);
    return query([statement<VlanNetworkRow>(selectNamed, { hypervisor, names })], ([rows]) => {
      const rowOf = new Map(rows.map((row) => [row.name, row]));
      return ({ resource }) => {
        const name = vlanNetworkOfSubject(resource);
        return { name, row: rowOf.get(name) };
      };
    });
  },

  loadIdle,
  finish: (finished) => finishVlanNetwork(finished, operations[finished.operation.kind] ?? { onFailure: 'undo' }),
  rollback: rollbackVlanNetworks,
  purge: purgeTables('vlan_networks', 'foreign_networks'),
  contents: [{ table: 'vlan_networks', words: ['network', 'networks'] }],
  placedTogether: ['vlan_networks'],
  networks: [
    "SELECT 1 FROM vlan_networks n WHERE n.hypervisor = h.id AND n.name = w.value AND n.desired = 'present'",
    'SELECT 1 FROM foreign_networks f WHERE f.hypervisor = h.id AND f.name = w.value',
  ],
};

function loadIdle(hypervisor: string, changed: Changed): Query<IdlePage<VlanNetworkRow>> {
  const select =
    changed === 'all'
      ? statement<VlanNetworkRow & { busy: number }>(selectAll, { hypervisor })
      : statement<VlanNetworkRow & { busy: number }>(selectChanged, { hypervisor, changed: JSON.stringify(changed) });
  return query([select], ([rows]) => ({
    idle: rows.filter(({ busy }) => busy === 0).map(({ busy: _, ...row }) => idleRows(hypervisor, row)),
    busy: changed === 'all' ? [] : rows.filter(({ busy }) => busy === 1).map(({ id }) => id),
    next: null,
  }));
}

function idleRows(hypervisor: string, row: VlanNetworkRow) {
  const subject = vlanNetworkSubjectOf(hypervisor, row.name);
  return { subject, generation: row.generation, subjects: [subject], eventNames: [row.id, row.name], rows: row };
}
