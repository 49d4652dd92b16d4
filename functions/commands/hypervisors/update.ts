import {
  type HypervisorPatch,
  hypervisorPatchSchema,
  refuseForeignName,
} from '../../../schema/api/fleet/hypervisors.ts';
import { type Database, statement } from '../../../schema/database/database.ts';
import { Problem } from '../../../schema/problem.ts';
import { alive } from '../../../schema/statements/alive.ts';
import { availableCpu, availableDisk, availableMemory } from '../../../schema/statements/capacity.ts';
import { expectedRevision } from '../../http/entity-tag.ts';
import { defineCommand } from '../../operations/command.ts';
import type { Guard, Input } from '../../operations/command-definition.ts';
import { revisionGuards } from '../../operations/conflict.ts';
import { byId } from '../../operations/targets/target.ts';
import { prefixed, type Resource, resources, taken } from './description.ts';
import { hypervisorResource, missingHypervisor } from './hypervisor.ts';
import { type ReadHypervisor, readNamedHypervisor } from './read.ts';

const available: Readonly<Record<Resource, string>> = {
  memory: availableMemory,
  disk: availableDisk,
  cpu: availableCpu,
};

/** Whether the request leaves the amounts unchanged: while an executor is alive, only it may change them. */
const isSame = (resource: Resource) =>
  `(:total_${resource} IS NULL OR :total_${resource} = h.total_${resource})
   AND (:available_${resource} IS NULL OR :available_${resource} = ${available[resource]})`;

const resourcesMayChange = `EXISTS (
  SELECT 1 FROM hypervisors h WHERE h.id = :id AND (NOT ${alive('h')} OR (
    ${resources.map(isSame).join(' AND ')})))`;

/** The available amount keeps its value if the request omits it or repeats the current value. */
const withheld = (resource: Resource) =>
  `coalesce(:total_${resource}, h.total_${resource})
   - coalesce(nullif(:available_${resource}, ${available[resource]}), h.total_${resource} - h.withheld_${resource})`;

const isWithin = (resource: Resource) =>
  `EXISTS (SELECT 1 FROM hypervisors h WHERE h.id = :id AND (${alive('h')} OR ${withheld(resource)} >= 0))`;

const mayBeRenamed = `EXISTS (
  SELECT 1 FROM hypervisors h WHERE h.id = :id AND (:name IS NULL OR :name = h.name OR h.epoch = 0))`;

const setResource = (resource: Resource) => `
  total_${resource} = CASE WHEN ${alive('h')} THEN h.total_${resource} ELSE coalesce(:total_${resource}, h.total_${resource}) END,
  withheld_${resource} = CASE WHEN ${alive('h')} THEN h.withheld_${resource} ELSE ${withheld(resource)} END`;

const update = `
  UPDATE hypervisors AS h SET revision = revision + 1, name = coalesce(:name, name), ip = coalesce(:ip, ip),
    netmask = coalesce(:netmask, netmask), gateway = coalesce(:gateway, gateway), mac = coalesce(:mac, mac),
    metadata = coalesce(:metadata, metadata), ${resources.map(setResource).join(', ')}
  WHERE h.id = :id`;

type Updating = Input<HypervisorPatch, ReadHypervisor>;

const withinTotals = resources.map(
  (resource): Guard<Updating> => ({
    id: `above_${resource}`,
    holds: isWithin(resource),
    problem: ({ database, found, request }) => aboveTotal(database, found.body.id, request, resource),
  }),
);

/** Merges: members that the request omits keep their values. */
export const updateHypervisor = defineCommand({
  kind: 'hypervisor.update',
  role: 'operator',
  request: hypervisorPatchSchema,
  read: async (asked) => {
    const found = await readNamedHypervisor(asked);
    refuseOtherId(found.body.id, asked.request);
    refuseForeignName(found.body.id, asked.request);
    return found;
  },
  target: ({ found }) => byId(found.body.id),
  resource: hypervisorResource,
  status: 'succeeded',
  arguments: ({ request, found, ifMatch }) => {
    const { name = null, ip = null, netmask = null, gateway = null, mac = null } = request;
    return {
      ...{ id: found.body.id, name, ip, netmask, gateway, mac },
      revision: expectedRevision(ifMatch, found.revision),
      metadata: request.metadata === undefined ? null : JSON.stringify(request.metadata),
      ...prefixed('total', request.total_resources ?? {}),
      ...prefixed('available', request.available_resources ?? {}),
    };
  },
  guards: [
    ...revisionGuards('hypervisors', missingHypervisor),
    { id: 'executor_alive', holds: resourcesMayChange, problem: ({ request }) => executorAlive(request) },
    ...withinTotals,
    { id: 'registered', holds: mayBeRenamed, problem: executorHasRegistered },
  ],
  rows: [update],
  constraints: [{ violated: 'hypervisors.name', problem: ({ request }) => taken('name', request.name ?? '') }],
});

function refuseOtherId(id: string, patch: HypervisorPatch): void {
  if (patch.id === undefined || patch.id === id) return;
  throw new Problem('invalid', '/id cannot be changed', {
    errors: [{ pointer: '/id', detail: `is ${id}, and cannot be changed` }],
  });
}

function executorHasRegistered(): Problem {
  return new Problem('conflict', 'A hypervisor whose executor has registered cannot be renamed', {
    hint: 'Set WEFT_HYPERVISOR of its executor to the id, DELETE this hypervisor and describe it anew',
    errors: [{ pointer: '/name', detail: 'cannot be changed once an executor has registered' }],
  });
}

function executorAlive(patch: HypervisorPatch): Problem {
  return new Problem('conflict', 'The executor of this hypervisor is alive and reports its resources itself', {
    hint: 'Keep memory from guests with config: PATCH /hypervisors/{id}/config {"memory_reserve":"2048"}',
    errors: given(patch).map((pointer) => ({ pointer, detail: 'is reported by the executor' })),
  });
}

async function aboveTotal(database: Database, id: string, patch: HypervisorPatch, above: Resource): Promise<Problem> {
  const [rows] = await database.read([
    statement<{ total: number; available: number }>(
      `SELECT total_${above} AS total, total_${above} - withheld_${above} AS available FROM hypervisors WHERE id = :id`,
      { id },
    ),
  ]);
  const total = patch.total_resources?.[above] ?? rows[0]?.total;
  const available = patch.available_resources?.[above] ?? rows[0]?.available;
  const member = patch.available_resources?.[above] === undefined ? 'total_resources' : 'available_resources';
  const detail = `would leave ${available} available of ${total}`;
  return new Problem('invalid', `/${member}/${above} ${detail}`, {
    errors: [{ pointer: `/${member}/${above}`, detail }],
  });
}

function given(patch: HypervisorPatch): string[] {
  return (['total_resources', 'available_resources'] as const).flatMap((member) =>
    Object.keys(patch[member] ?? {}).map((resource) => `/${member}/${resource}`),
  );
}
