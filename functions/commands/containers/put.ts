import * as v from 'valibot';
import { type ContainerPut, containerIdSchema, containerPutSchema } from '../../../schema/api/leviathan.ts';
import { Problem } from '../../../schema/problem.ts';
import { DEFAULT_POLICY, NETNS_IMAGE } from '../../../schema/resources/network/process.ts';
import { defineCommand } from '../../operations/command.ts';
import type { CommandContext } from '../../operations/command-context.ts';
import type { Guard } from '../../operations/command-definition.ts';
import { reservationArguments, reserving } from '../../operations/targets/reservations.ts';
import { capableOf } from '../../operations/targets/target.ts';
import { networkArguments } from '../networks/arguments.ts';
import { hasNamespaces, networkConstraints } from '../networks/guards.ts';
import { allocateNamespaces, declareContainers } from '../networks/statements.ts';
import { containerNames, containerResource, containerSubjects, fromContainer } from './container.ts';
import { hasContainers, noContainers } from './guards.ts';
import { ofContainer } from './host.ts';

/**
 * Only the executor knows the process that was there before: it puts the numbers in. In a patch a member that is null
 * is one that is not there.
 */
const newProcess = `json_patch(json_object('wanted', coalesce(changed.spec ->> '$.process.wanted', 'running'),
  'made', 0, 'changed', 0, 'asked', 0), :process)`;

const changeContainer = `
  WITH changed AS MATERIALIZED (
    SELECT c.id, json_set(json_patch(c.spec, :changed), '$.explicit', json('true')) AS spec ${fromContainer}
  )
  UPDATE containers SET generation = generation + 1,
    spec = CASE :image
      WHEN 'none' THEN json_remove(changed.spec, '$.process')
      WHEN 'named' THEN json_set(changed.spec, '$.process', ${newProcess})
      ELSE CASE WHEN changed.spec -> '$.process' IS NULL THEN changed.spec
        ELSE json_set(changed.spec, '$.process', json_patch(changed.spec -> '$.process', :process)) END
    END
  FROM changed WHERE containers.id = changed.id`;

const processMembers = ['image', 'entrypoint', 'command', 'env', 'user', 'workdir', 'mounts', 'restart'] as const;

const requestSchema = v.object({
  contID: containerIdSchema,
  ...v.pick(containerPutSchema.pipe[1], ['tag', 'memory', 'vcpus', ...processMembers]).entries,
});

interface Putting extends CommandContext {
  readonly request: v.InferOutput<typeof requestSchema>;
}

const promised = ({ request: { memory, vcpus } }: Putting) => ({ memory, cpu: vcpus });
const reservation = reserving(promised);

/** The attributes of the container that the request contains; null removes one. */
function changesOf({ tag, memory, vcpus }: ContainerPut): Pick<ContainerPut, 'tag' | 'memory' | 'vcpus'> {
  return Object.fromEntries(Object.entries({ tag, memory, vcpus }).filter(([, value]) => value !== undefined));
}

/** The members that a request gives its process; null sets one back. */
function processOf(request: Putting['request']): Pick<Putting['request'], (typeof processMembers)[number]> {
  const given = processMembers.map((member) => [member, request[member]] as const);
  return Object.fromEntries(given.filter(([, value]) => value !== undefined));
}

/** The same, as it is recorded at once: a process always has a policy. */
function recordedProcess(request: Putting['request']): ReturnType<typeof processOf> {
  const given = processOf(request);
  const isSetBack = given.restart === null || (imageMode(request) === 'named' && given.restart === undefined);
  return isSetBack ? { ...given, restart: DEFAULT_POLICY } : given;
}

/** Whether the request names an image, takes the process away, or neither. */
function imageMode({ image }: Putting['request']): 'named' | 'none' | 'unnamed' {
  if (image === undefined) return 'unnamed';
  return image === null || image === NETNS_IMAGE ? 'none' : 'named';
}

/** An executor without a container runtime cannot run an image. */
const runsProcesses: Guard<Putting> = {
  ...hasContainers,
  holds: ({ request }) => (imageMode(request) === 'named' ? capableOf('containers') : null),
  problem: ({ database }, target) => noContainers(database, target, ['/image']),
};

/** A container without an image has no process to be changed. */
const hasProcess: Guard<Putting> = {
  id: 'no_process',
  holds: ({ request }) =>
    imageMode(request) === 'unnamed' && changedMembers(request).length > 0
      ? `EXISTS (SELECT 1 ${fromContainer} AND c.spec -> '$.process' IS NOT NULL)`
      : null,
  problem: ({ request }) => {
    const errors = changedMembers(request).map((member) => ({ pointer: `/${member}`, detail: 'needs an image' }));
    return new Problem('impossible', `${errors[0]?.pointer} needs an image: ${request.contID} has no process`, {
      hint: 'Name an image in the same request',
      errors,
    });
  },
};

/** In MB; Docker's. With less, not even the program is started. */
const MEMORY_LEAST = 6;

/** The memory that the container has after the request is enough for the process that it has then. */
const hasMemory: Guard<Putting> = {
  id: 'little_memory',
  holds: ({ request }) => {
    const { memory } = request;
    const mode = imageMode(request);
    if (mode === 'named' && memory === undefined) return without(`c.spec ->> '$.memory' < ${MEMORY_LEAST}`);
    if (mode === 'none' || memory == null || memory >= MEMORY_LEAST) return null;
    return mode === 'named' ? 'FALSE' : without("c.spec -> '$.process' IS NOT NULL");
  },
  problem: ({ request: { contID } }) =>
    new Problem('impossible', `${contID} needs at least ${MEMORY_LEAST} MB of memory to run an image`, {
      errors: [{ pointer: '/memory', detail: `must be at least ${MEMORY_LEAST} for an image` }],
    }),
};

function without(condition: string): string {
  return `NOT EXISTS (SELECT 1 ${fromContainer} AND ${condition})`;
}

function changedMembers(request: Putting['request']): string[] {
  return processMembers.filter((member) => request[member] !== undefined && request[member] !== null);
}

/** Creates a container's namespace at once; changes an existing container as the request says. */
export const putContainer = defineCommand({
  kind: 'container.create',
  role: 'operator',
  request: requestSchema,
  encode: ({ request }) => ({ contID: request.contID, ...changesOf(request), ...processOf(request) }),
  target: ofContainer,
  resource: containerResource,
  status: 'pending',
  arguments: (input) => {
    const { contID } = input.request;
    return {
      ...networkArguments({ memberships: [], containers: [contID], mode: 'make' }),
      ...reservationArguments(promised(input)),
      container: contID,
      changed: JSON.stringify(changesOf(input.request)),
      image: imageMode(input.request),
      process: JSON.stringify(recordedProcess(input.request)),
    };
  },
  guards: [hasNamespaces, runsProcesses, hasProcess, hasMemory, reservation.guard],
  rows: [declareContainers, allocateNamespaces, changeContainer, reservation.row],
  subjects: [containerSubjects],
  constraints: networkConstraints(containerNames),
});
