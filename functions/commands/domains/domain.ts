import * as v from 'valibot';
import { hostNameSchema } from '../../../schema/api/compute/names.ts';
import type { Database } from '../../../schema/database/database.ts';
import { Problem } from '../../../schema/problem.ts';
import { domainSubjectOf } from '../../../schema/resources/domains/rows.ts';
import type { CommandContext } from '../../operations/command-context.ts';
import type { Guard } from '../../operations/command-definition.ts';
import { hypervisor } from '../../operations/operation-statements.ts';
import { capableOf, resolve, type Target } from '../../operations/targets/target.ts';

/** The request of a command on one domain. */
interface NamesDomain {
  readonly request: { readonly name: string };
}

export const domainResource = {
  onHost: ({ request }: NamesDomain) => domainSubjectOf('', request.name).slice('hypervisors/'.length),
};

export const fromDomain = `FROM domains d WHERE d.hypervisor = ${hypervisor} AND d.name = :name`;

/** A 404 for a name that no host has, a 400 for a text that is none. */
export function unknownDomain(name: string): Problem {
  const wrong = v.safeParse(hostNameSchema, name).issues?.[0].message;
  if (wrong !== undefined) {
    return new Problem('invalid', `hostname ${wrong}`, { errors: [{ parameter: 'hostname', detail: wrong }] });
  }
  return new Problem('not_found', `Host ${name} not found`, {
    hint: 'GET /hosts lists those that there are; POST /hosts/{hostname} creates one',
    errors: [{ parameter: 'hostname', detail: `host ${name} not found` }],
  });
}

/** A domain that weft did not make is never changed. */
export function foreignDomain(code: 'exists' | 'conflict', name: string, host: string): Problem {
  return new Problem(code, `Host ${name} of ${host} was not made by weft`, {
    hint: 'It is managed by whoever made it: virsh dumpxml shows it',
    errors: [{ parameter: 'hostname', detail: `host ${name} is not managed` }],
  });
}

/** The hypervisor's executor has libvirt on its host, or can install it. */
export const hasLibvirt: Guard<CommandContext> = {
  id: 'no_libvirt',
  holds: capableOf('libvirt'),
  problem: ({ database }, target) => noLibvirt(database, target),
};

async function noLibvirt(database: Database, on: Target): Promise<Problem> {
  const found = await resolve(database, on);
  const reason =
    JSON.parse(found?.capabilities ?? '{}').libvirt?.reason ?? 'its executor has not reported its capabilities yet';
  return new Problem('impossible', `${found?.name ?? 'This hypervisor'} has no virtual machines: ${reason}`, {
    hint: 'npm run setup -- compute installs what virtual machines need; start the executor again after that',
  });
}

/** The domain still exists when the request is recorded. */
export const domainExists: Guard<NamesDomain> = {
  id: 'unknown_domain',
  holds: `EXISTS (SELECT 1 ${fromDomain})`,
  problem: ({ request }) => unknownDomain(request.name),
};

/** The domain is not being removed. */
export const domainStays: Guard<NamesDomain> = {
  id: 'leaving_domain',
  holds: `NOT EXISTS (SELECT 1 ${fromDomain} AND d.desired = 'absent')`,
  problem: ({ request }) => leavingDomain(request.name),
};

export function leavingDomain(name: string): Problem {
  return new Problem('conflict', `Host ${name} is being deleted`, {
    hint: 'Its operation is in GET /operations; one that has failed is tried again until it succeeds',
    errors: [{ parameter: 'hostname', detail: `host ${name} is being deleted` }],
  });
}
