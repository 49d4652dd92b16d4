import * as v from 'valibot';
import { networkNameSchema } from '../../../schema/api/compute/networks.ts';
import { DELETE_VLAN_NETWORK } from '../../../schema/resources/vlan-networks/finish.ts';
import { defineCommand } from '../../operations/command.ts';
import { ownSubject } from '../../operations/operation-statements.ts';
import { byName } from '../../operations/targets/target.ts';
import { foreignNetwork, fromVlanNetwork, unknownNetwork, vlanNetworkResource } from './network.ts';
import { readNetwork } from './read.ts';
import { isUnused } from './users.ts';

const removeNetwork = `
  UPDATE vlan_networks SET desired = 'absent', generation = generation + 1 WHERE id = (SELECT n.id ${fromVlanNetwork})`;

/** Removes a network from libvirt; one whose removal has failed is tried again. */
export const deleteVlanNetwork = defineCommand({
  kind: DELETE_VLAN_NETWORK,
  role: 'operator',
  request: v.object({ name: networkNameSchema }),
  read: async (asked) => {
    const found = await readNetwork(asked, asked.request.name);
    if (!found.managed) throw foreignNetwork('conflict', found.name, found.hypervisor);
    return found;
  },
  target: ({ found }) => byName(found.hypervisor),
  resource: vlanNetworkResource,
  status: 'pending',
  result: ({ found }) => ({ was: found }),
  arguments: ({ request }) => ({ name: request.name }),
  guards: [
    {
      id: 'unknown_network',
      holds: `EXISTS (SELECT 1 ${fromVlanNetwork})`,
      problem: ({ request }) => unknownNetwork(request.name),
    },
    isUnused,
  ],
  rows: [removeNetwork],
  subjects: [ownSubject],
});
