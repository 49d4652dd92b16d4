import type { Technology } from '../../../schema/api/capabilities.ts';
import type { Database } from '../../../schema/database/database.ts';
import { Problem } from '../../../schema/problem.ts';
import { vlanNetworkSubjectOf } from '../../../schema/resources/vlan-networks/rows.ts';
import { hypervisor } from '../../operations/operation-statements.ts';
import { capableOf, resolve, type Target } from '../../operations/targets/target.ts';

/** The request of a command on one network. */
interface NamesNetwork {
  readonly request: { readonly name: string };
}

export const vlanNetworkResource = {
  onHost: ({ request }: NamesNetwork) => vlanNetworkSubjectOf('', request.name).slice('hypervisors/'.length),
};

export const fromVlanNetwork = `FROM vlan_networks n WHERE n.hypervisor = ${hypervisor} AND n.name = :name`;

export const fromForeignNetwork = `FROM foreign_networks f WHERE f.hypervisor = ${hypervisor} AND f.name = :name`;

export function unknownNetwork(name: string): Problem {
  return new Problem('not_found', `Network ${name} not found`, {
    hint: 'GET /networks lists those that there are; POST /networks/{name} creates one',
    errors: [{ parameter: 'name', detail: `network ${name} not found` }],
  });
}

/** A network that weft did not make is never changed. */
export function foreignNetwork(code: 'exists' | 'conflict', name: string, host: string): Problem {
  return new Problem(code, `Network ${name} of ${host} was not made by weft`, {
    hint: 'It is managed by whoever made it: virsh net-dumpxml shows it',
    errors: [{ parameter: 'name', detail: `network ${name} is not managed` }],
  });
}

/** What a host needs for VLAN networks. */
const needed = ['libvirt', 'ovs'] as const satisfies readonly Technology[];

export const networkNeeds = { technology: needed[0], alsoTechnology: needed[1] };

export const hasVlanNetworks = {
  id: 'no_vlan_networks',
  holds: needed.map(capableOf).join(' AND '),
  problem: ({ database }: { readonly database: Database }, target: Target) => noVlanNetworks(database, target),
};

async function noVlanNetworks(database: Database, on: Target): Promise<Problem> {
  const found = await resolve(database, on);
  const capabilities = JSON.parse(found?.capabilities ?? '{}');
  const reasons = needed
    .filter((technology) => capabilities[technology]?.available !== true && capabilities[technology]?.away !== true)
    .map(
      (technology) => `${technology}: ${capabilities[technology]?.reason ?? 'its executor has not reported it yet'}`,
    );
  return new Problem('impossible', `${found?.name ?? 'This hypervisor'} has no VLAN networks: ${reasons.join('; ')}`, {
    hint: 'npm run setup -- compute installs what networks need; start the executor again after that',
  });
}
