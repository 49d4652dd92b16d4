import type { HostCreate } from '../../../schema/api/compute/hosts.ts';
import { type Database, statement } from '../../../schema/database/database.ts';
import { Problem } from '../../../schema/problem.ts';
import { vlanNetworksDefinition } from '../../../schema/resources/vlan-networks/definition.ts';
import type { CommandContext } from '../../operations/command-context.ts';
import type { Guard } from '../../operations/command-definition.ts';
import { hypervisor } from '../../operations/operation-statements.ts';
import { resolve, type Target } from '../../operations/targets/target.ts';

interface NamesNetworks extends CommandContext {
  readonly request: Pick<HostCreate, 'networks'>;
}

/** Networks of libvirt's are the only ones that a domain can be in. */
const isThere = (vlanNetworksDefinition.networks ?? []).map((rows) => `EXISTS (${rows})`).join(' OR ');

/** The networks of the list `:networks` that the hypervisor `on` (SQL) does not have, by their places. */
const selectLacking = (on: string) => `
  SELECT w.key AS place, w.value AS name FROM hypervisors h CROSS JOIN json_each(:networks) w
  WHERE h.id = ${on} AND NOT (${isThere})`;

/** Names as {@link selectLacking} has them. */
export function namesOf(networks: HostCreate['networks']): string[] {
  return networks.map(({ name }) => name);
}

/** All networks of the request exist on the hypervisor. */
export const networksExist: Guard<NamesNetworks> = {
  id: 'unknown_network',
  holds: ({ request }) => (request.networks.length === 0 ? null : `NOT EXISTS (${selectLacking(hypervisor)})`),
  problem: ({ database, request }, target) => unknownNetworks(database, target, namesOf(request.networks)),
};

async function unknownNetworks(database: Database, on: Target, names: readonly string[]): Promise<Problem> {
  const host = await resolve(database, on);
  const [lacking] = await database.read([
    statement<{ place: number; name: string }>(selectLacking(':hypervisor'), {
      hypervisor: host?.id ?? '',
      networks: JSON.stringify(names),
    }),
  ]);
  const where = host?.name ?? 'the hypervisor';
  const named = [...new Set(lacking.map(({ name }) => name))].join(', ');
  return new Problem('impossible', `${where} has no network ${named === '' ? 'of that name' : named}`, {
    hint: 'GET /networks lists those that there are; POST /networks/{name} creates one',
    errors: lacking.map(({ place, name }) => ({ pointer: `/networks/${place}`, detail: `${where} has no ${name}` })),
  });
}
