import { statement } from '../../database/database.ts';
import type { Note } from '../definition.ts';
import type { SeenNetwork, VlanNetworkSpec } from './rows.ts';

/** A network of the host's libvirt that weft did not make; bridge and tag are null where it has none. */
export interface ForeignNetwork extends SeenNetwork {
  readonly name: string;
  readonly bridge: VlanNetworkSpec['bridge'] | null;
  readonly vlan: VlanNetworkSpec['vlan'] | null;
}

const forget = `
  DELETE FROM foreign_networks WHERE hypervisor = :hypervisor
    AND name NOT IN (SELECT value ->> 'name' FROM json_each(:networks))`;

const columns = ['uuid', 'state', 'autostart', 'persistent', 'bridge', 'vlan'];
const listOf = (prefix: string) => columns.map((column) => `${prefix}${column}`).join(', ');

const remember = `
  INSERT INTO foreign_networks (hypervisor, name, ${listOf('')})
  SELECT :hypervisor, j.value ->> 'name', ${columns.map((column) => `j.value ->> '${column}'`).join(', ')}
  FROM json_each(:networks) j WHERE true
  ON CONFLICT (hypervisor, name) DO UPDATE SET ${columns.map((column) => `${column} = excluded.${column}`).join(', ')}
  WHERE (${listOf('')}) IS NOT (${listOf('excluded.')})`;

/** All foreign networks of a host. Only rows that differ are written. */
export const foreignNetworksNote: Note<readonly ForeignNetwork[]> = {
  call: 'networks.note',
  statements: (hypervisor, networks) => {
    const args = { hypervisor, networks: JSON.stringify(networks) };
    return [forget, remember].map((sql) => statement<never>(sql, args));
  },
};
