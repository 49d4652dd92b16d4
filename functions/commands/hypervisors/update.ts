import type { HypervisorPatch } from '../../../schema/api/fleet/hypervisors.ts';
import { unknownHypervisor } from '../../../schema/api/fleet/parameters.ts';
import { type Database, statement } from '../../../schema/database/database.ts';
import { Problem } from '../../../schema/problem.ts';
import { alive } from '../../../schema/statements/alive.ts';
import { availableCpu, availableDisk, availableMemory } from '../../../schema/statements/capacity.ts';
import type { CommandContext } from '../../operations/command-context.ts';
import { guardRevision } from '../../operations/conflict.ts';
import { guard } from '../../operations/guard.ts';
import { type Intent, insertOperation } from '../../operations/intent.ts';
import { newId } from '../../operations/new-id.ts';
import { byName } from '../../operations/targets/target.ts';
import { prefixed, type Resource, resources, taken } from './description.ts';
import type { ReadHypervisor } from './read.ts';

export const available: Readonly<Record<Resource, string>> = {
  memory: availableMemory,
  disk: availableDisk,
  cpu: availableCpu,
};

/** Of these the executor knows better. */
const isSame = (resource: Resource) =>
  `(:total_${resource} IS NULL OR :total_${resource} = h.total_${resource})
   AND (:available_${resource} IS NULL OR :available_${resource} = ${available[resource]})`;

const resourcesMayChange = `EXISTS (
  SELECT 1 FROM hypervisors h WHERE h.id = :id AND (NOT ${alive('h')} OR (
    ${resources.map(isSame).join(' AND ')})))`;

/** What is available stays as it was where the request does not say it, or says what it is. */
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

/** Merges: what the request leaves out stays. `revision`: the one that the client has seen; null: whatever there is. */
export function updateHypervisor(
  { principal }: CommandContext,
  { body: { id } }: ReadHypervisor,
  patch: HypervisorPatch,
  revision: number | null,
): Intent {
  const operation = newId();
  const { name = null, ip = null, netmask = null, gateway = null, mac = null } = patch;
  const args = {
    ...{ id, name, ip, netmask, gateway, mac },
    metadata: patch.metadata === undefined ? null : JSON.stringify(patch.metadata),
    ...prefixed('total', patch.total_resources ?? {}),
    ...prefixed('available', patch.available_resources ?? {}),
  };
  return {
    operation,
    statements: [
      insertOperation({
        operation,
        kind: 'hypervisor.update',
        on: byName(id),
        request: patch,
        principal,
        resource: `hypervisors/${id}`,
        status: 'succeeded',
      }),
      ...guardRevision('hypervisors', id, revision, () => unknownHypervisor(id)),
      guard('executor_alive', resourcesMayChange, args, () => executorAlive(patch)),
      ...resources.map((resource) =>
        guard(`above_${resource}`, isWithin(resource), args, (database) => aboveTotal(database, id, patch, resource)),
      ),
      guard('registered', mayBeRenamed, args, executorHasRegistered),
      statement(update, args),
    ],
    constraints: [{ violated: 'hypervisors.name', problem: () => taken('name', patch.name ?? '') }],
  };
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
