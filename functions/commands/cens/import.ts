import { type CenImport, cenImportSchema } from '../../../schema/api/leviathan.ts';
import type { Database } from '../../../schema/database/database.ts';
import { Problem } from '../../../schema/problem.ts';
import { cenSubject } from '../../../schema/resources/network/rollback.ts';
import { defineCommand } from '../../operations/command.ts';
import type { CommandContext } from '../../operations/command-context.ts';
import { VersionConflict } from '../../operations/conflict.ts';
import { hypervisor } from '../../operations/operation-statements.ts';
import { scheduled } from '../../operations/targets/scheduled.ts';
import { byName, resolve, type Target } from '../../operations/targets/target.ts';
import { networkArguments } from '../networks/arguments.ts';
import { networkConstraints, onOneHost } from '../networks/guards.ts';
import type { RequestedNames } from '../networks/link-conflict.ts';
import {
  addMembers,
  allocateOutsideNames,
  countParts,
  forgetRemovedMembers,
  freeForgottenNames,
  moveMembers,
  partCins,
  partContainers,
  partResources,
  removeOtherMembers,
} from '../networks/member-statements.ts';
import { cenKind } from '../networks/network-kind.ts';
import { readScope } from '../networks/problems.ts';
import {
  allocateBridges,
  allocateNamespaces,
  declareCens,
  declareContainers,
  finishWithoutParts,
  insertParts,
} from '../networks/statements.ts';

/** A CEN that is on the host, or that an operation is changing there: changing it requires the executor. */
const active = `(n.spec ->> '$.made' OR coalesce(n.applied_spec ->> '$.made', 0)
  OR EXISTS (SELECT 1 FROM operation_subjects s WHERE s.subject = ${cenSubject}))`;

const sameHost = `NOT EXISTS (
  SELECT 1 FROM json_each(:hosts) j
  WHERE j.value NOT IN (SELECT id FROM hypervisors WHERE id = ${hypervisor} UNION SELECT name FROM hypervisors WHERE id = ${hypervisor}))`;

/**
 * Declares CENs and their containers; each list that the request contains replaces the membership of its CEN. Only
 * where a CEN is already made is the host changed, by a part of the operation.
 */
export const importCens = defineCommand({
  kind: 'cen.import',
  role: 'operator',
  request: cenImportSchema,
  encode: ({ request }) => asText(request),
  target: (input) => {
    const target = targetOf(input);
    const problem = async (database: Database) =>
      (await otherHost(database, input.request, target)) ?? target.problem(database);
    return { ...target, problem };
  },
  resource: null,
  status: 'pending',
  arguments: ({ request }) => ({
    hosts: JSON.stringify(hostsOf(request)),
    ...networkArguments({
      memberships: request.cenList.map(({ cenID, containerIDs }) => ({
        cen: cenID,
        containers: containerIDs.map(([, container]) => container),
      })),
      mode: 'declare',
    }),
  }),
  guards: [
    {
      id: 'other_host',
      holds: sameHost,
      problem: async (input) =>
        (await otherHost(input.database, input.request, targetOf(input))) ?? new VersionConflict(),
    },
    onOneHost(namesOf),
  ],
  rows: [
    declareContainers,
    declareCens,
    allocateNamespaces,
    allocateBridges,
    insertParts(cenKind, active),
    removeOtherMembers,
    moveMembers,
    addMembers,
    // Members whose removal does not involve the host are removed at once: after the others were added, since a container
    // that is moved from one CEN of a CIN to another keeps its address.
    freeForgottenNames,
    forgetRemovedMembers,
    allocateOutsideNames,
    countParts,
    finishWithoutParts,
  ],
  subjects: [partResources, partContainers('m.added = o.sequence OR m.removed = o.sequence'), ...partCins],
  isAmended: true,
  constraints: networkConstraints(namesOf),
});

interface Importing extends CommandContext {
  readonly request: CenImport;
}

function targetOf({ host, request }: Importing): Required<Target> {
  const explicit = host ?? hostsOf(request)[0];
  return explicit === undefined ? scheduled({ technology: 'netns' }, namesOf({ request })) : byName(explicit);
}

function hostsOf({ cenList }: CenImport): string[] {
  const named = cenList.flatMap(({ containerIDs }) => containerIDs.map(([host]) => host));
  return [...new Set(named)].filter((host) => host !== null);
}

function namesOf({ request: { cenList } }: Pick<Importing, 'request'>): Required<RequestedNames> {
  return {
    cens: cenList.map(({ cenID }) => cenID),
    containers: cenList.flatMap(({ containerIDs }) => containerIDs.map(([, container]) => container)),
  };
}

/** The body with every container as text: with a host in front only if the request named one. */
function asText({ cenList }: CenImport) {
  return {
    cenList: cenList.map(({ cenID, containerIDs }) => ({
      cenID,
      containerIDs: containerIDs.map(([host, container]) => (host === null ? container : `${host}/${container}`)),
    })),
  };
}

/** An unknown host, or one that differs from the host of the others. */
async function otherHost(database: Database, body: CenImport, on: Target): Promise<Problem | undefined> {
  const { hypervisors } = await readScope(database);
  const known = new Set(hypervisors.flatMap(({ id, name }) => [id, name]));
  const place = await resolve(database, on);
  const errors = body.cenList.flatMap(({ containerIDs }, index) =>
    containerIDs.flatMap(([host], member) =>
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
