import type { CenImport } from '../../../schema/api/leviathan.ts';
import type { Database } from '../../../schema/database/database.ts';
import { Problem } from '../../../schema/problem.ts';
import { cenSubject } from '../../../schema/resources/network/rollback.ts';
import type { CommandContext } from '../../operations/command-context.ts';
import { VersionConflict } from '../../operations/conflict.ts';
import { guard } from '../../operations/guard.ts';
import { type Intent, insertOperation } from '../../operations/intent.ts';
import { newId } from '../../operations/new-id.ts';
import { scheduled } from '../../operations/targets/scheduled.ts';
import { byName, hypervisor, resolve, type Target } from '../../operations/targets/target.ts';
import { readScope } from '../networks/problems.ts';
import { NetworkStatements } from '../networks/statements.ts';

/** A CEN that is on the host, or about to change there: what changes of it needs the executor. */
const active = `(n.spec ->> '$.made' OR coalesce(n.applied_spec ->> '$.made', 0)
  OR EXISTS (SELECT 1 FROM operation_subjects s WHERE s.subject = ${cenSubject}))`;

const sameHost = `NOT EXISTS (
  SELECT 1 FROM json_each(:hosts) j
  WHERE j.value NOT IN (SELECT id FROM hypervisors WHERE id = ${hypervisor} UNION SELECT name FROM hypervisors WHERE id = ${hypervisor}))`;

/**
 * Declares CENs and their containers; each list given is from now on the whole membership of its CEN. The host is
 * touched only where a CEN is made already: that difference is a part of its own.
 */
export function importCens({ principal, host }: CommandContext, body: CenImport): Intent {
  const operation = newId();
  const hosts = [...new Set(body.cenList.flatMap(({ containerIDs }) => containerIDs.map(({ host }) => host)))].filter(
    (each) => each !== null,
  );
  const cens = body.cenList.map(({ cenID }) => cenID);
  const containers = body.cenList.flatMap(({ containerIDs }) => containerIDs.map(({ container }) => container));
  const explicit = host ?? hosts[0];
  const on = explicit === undefined ? scheduled({ technology: 'netns' }, { cens, containers }) : byName(explicit);
  const network = new NetworkStatements({
    operation,
    on,
    memberships: body.cenList.map(({ cenID, containerIDs }) => ({
      cen: cenID,
      containers: containerIDs.map(({ container }) => container),
    })),
    mode: 'declare',
  });
  return {
    operation,
    statements: [
      insertOperation({
        operation,
        kind: 'cen.import',
        on,
        request: requestOf(body),
        principal,
        resource: null,
        status: 'pending',
      }),
      network.guardHypervisor(async (database) => (await otherHost(database, body, on)) ?? on.problem(database)),
      guard(
        'other_host',
        sameHost,
        { operation, hosts: JSON.stringify(hosts) },
        async (database) => (await otherHost(database, body, on)) ?? new VersionConflict(),
      ),
      ...(host === null ? [network.guardOneHost()] : []),
      network.declareContainers(),
      network.declareCens(),
      ...network.allocateNames(),
      network.insertParts('cen.import', active),
      network.removeOtherMembers(),
      ...network.forgetRemovedMembers(),
      ...network.addMembers(),
      ...network.partSubjects('m.added = o.sequence OR m.removed = o.sequence'),
      network.countParts(),
      network.finishWithoutParts(),
    ],
    amended: true,
    constraints: network.constraints,
  };
}

/** The body as it came: with the host before a container only where the request named one. */
function requestOf(body: CenImport): unknown {
  return {
    cenList: body.cenList.map(({ cenID, containerIDs }) => ({
      cenID,
      containerIDs: containerIDs.map(({ host, container }) => (host === null ? container : `${host}/${container}`)),
    })),
  };
}

/** An unknown host, or one that the others are not on. */
async function otherHost(database: Database, body: CenImport, on: Target): Promise<Problem | undefined> {
  const { hypervisors } = await readScope(database);
  const known = new Set(hypervisors.flatMap(({ id, name }) => [id, name]));
  const place = await resolve(database, on);
  const errors = body.cenList.flatMap(({ containerIDs }, index) =>
    containerIDs.flatMap(({ host }, member) =>
      host === null || (place && (host === place.name || host.toLowerCase() === place.id))
        ? []
        : [
            {
              pointer: `/cenList/${index}/containerIDs/${member}`,
              detail: known.has(host) ? `is on ${host}, the CEN is not` : `hypervisor ${host} not found`,
            },
          ],
    ),
  );
  if (errors.length === 0) return undefined;
  return new Problem('impossible', `${errors[0]?.pointer} ${errors[0]?.detail}`, {
    hint: 'The containers of one CEN live on one hypervisor, and a request is for one hypervisor',
    errors,
  });
}
