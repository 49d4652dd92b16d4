import { hostNameSchema } from '../../../schema/api/compute/names.ts';
import {
  type NetworkBody,
  networkNameSchema,
  type VlanNetwork,
  vlanNetworkPostSchema,
} from '../../../schema/api/compute/networks.ts';
import { createVlanNetwork } from '../../commands/vlan-networks/create.ts';
import { deleteVlanNetwork } from '../../commands/vlan-networks/delete.ts';
import { readNetwork, readNetworks, vlanNetworkList } from '../../commands/vlan-networks/read.ts';
import { readBody } from '../../http/body.ts';
import type { AppContext } from '../../http/context.ts';
import { answerJson } from '../../http/json.ts';
import { linkNext, seedPage } from '../../http/pages.ts';
import { pathParameter } from '../../http/parameters.ts';
import { commandContext } from '../../operations/command-context.ts';
import { isForAgent, submitCreation, submitDeletion } from './answer.ts';

/** GET /networks */
export async function list(c: AppContext): Promise<Response> {
  const page = seedPage(c, vlanNetworkList);
  const { items, next } = await readNetworks(commandContext(c), { ...page, managedOnly: isForAgent(c) });
  linkNext(c, vlanNetworkList, next);
  return answerJson(c, items);
}

/** GET /networks/{name} */
export async function get(c: AppContext): Promise<Response> {
  return answerJson(c, await readNetwork(commandContext(c), nameOf(c)));
}

/** POST /networks/{name}: answers the network. */
export async function create(c: AppContext): Promise<Response> {
  const name = nameOf(c);
  const network: VlanNetwork = { name, ...(await readBody(c, vlanNetworkPostSchema)) };
  return submitCreation(c, () => createVlanNetwork.prepare(commandContext(c), network), {
    read: (host) => readNetwork({ database: c.get('settings').database, host }, name),
    recorded: (hypervisor) => created(network, hypervisor),
  });
}

/** POST /hosts/{hostname}/networks/{name}: the host, which need not exist, says nothing about the network. */
export function createForHost(c: AppContext): Promise<Response> {
  pathParameter(c, 'hostname', hostNameSchema);
  return create(c);
}

/** A network that was created, and is gone since. */
function created({ name, bridge, vlan }: VlanNetwork, hypervisor: string): NetworkBody {
  const seen = { state: 'active', autostart: 'yes', persistent: 'yes' } as const;
  return { name, ...seen, bridge, vlan, hypervisor, managed: true, error: null };
}

/** DELETE /networks/{name}: answers the network as it was. */
export function remove(c: AppContext): Promise<Response> {
  const name = nameOf(c);
  return submitDeletion(c, () => deleteVlanNetwork.prepare(commandContext(c), { name }));
}

function nameOf(c: AppContext): string {
  return pathParameter(c, 'name', networkNameSchema);
}
