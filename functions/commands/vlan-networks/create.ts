import { vlanNetworkSchema } from '../../../schema/api/compute/networks.ts';
import { Problem } from '../../../schema/problem.ts';
import { CREATE_VLAN_NETWORK } from '../../../schema/resources/vlan-networks/finish.ts';
import type { VlanNetworkSpec } from '../../../schema/resources/vlan-networks/rows.ts';
import { defineCommand } from '../../operations/command.ts';
import { newId } from '../../operations/new-id.ts';
import { hypervisor, ownSubject } from '../../operations/operation-statements.ts';
import { scheduled } from '../../operations/targets/scheduled.ts';
import { byName, resolve } from '../../operations/targets/target.ts';
import {
  foreignNetwork,
  fromForeignNetwork,
  fromVlanNetwork,
  hasVlanNetworks,
  networkNeeds,
  vlanNetworkResource,
} from './network.ts';

/** One that is being deleted exists until then, and follows in the order. */
const upsert = `
  INSERT INTO vlan_networks (id, hypervisor, name, spec, generation, desired, state, state_since_ms, created_ms)
  SELECT :id, ${hypervisor}, :name, :spec, 0, 'present', 'pending', o.created_ms, o.created_ms
  FROM operations o WHERE o.id = :operation
  ON CONFLICT (hypervisor, name) DO UPDATE SET spec = excluded.spec, desired = 'present', generation = generation + 1`;

/** Defines a network in libvirt, and starts it, now and with its host. */
export const createVlanNetwork = defineCommand({
  kind: CREATE_VLAN_NETWORK,
  role: 'operator',
  request: vlanNetworkSchema,
  target: ({ host, request }) =>
    host === null ? scheduled(networkNeeds, { vlan_networks: [request.name] }) : byName(host),
  resource: vlanNetworkResource,
  status: 'pending',
  arguments: ({ request: { name, bridge, vlan } }) => {
    const spec: VlanNetworkSpec = { bridge, vlan };
    return { id: newId(), name, spec: JSON.stringify(spec) };
  },
  guards: [
    {
      id: 'network_exists',
      holds: `NOT EXISTS (SELECT 1 ${fromVlanNetwork} AND n.desired = 'present')`,
      problem: ({ request }) => networkExists(request.name),
    },
    {
      id: 'foreign_network',
      holds: `NOT EXISTS (SELECT 1 ${fromForeignNetwork})`,
      problem: async ({ database, request }, target) =>
        foreignNetwork('exists', request.name, (await resolve(database, target))?.name ?? 'this hypervisor'),
    },
    hasVlanNetworks,
  ],
  rows: [upsert],
  subjects: [ownSubject],
});

function networkExists(name: string): Problem {
  return new Problem('exists', `Network ${name} exists`, {
    hint: 'DELETE it first; its bridge and its tag cannot be changed',
    errors: [{ parameter: 'name', detail: `network ${name} exists` }],
  });
}
