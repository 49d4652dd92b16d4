import * as v from 'valibot';
import { type ContainerPut, containerIdSchema, containerPutSchema } from '../../../schema/api/leviathan.ts';
import { type MemberError, Problem } from '../../../schema/problem.ts';
import { defineCommand } from '../../operations/command.ts';
import type { CommandContext } from '../../operations/command-context.ts';
import { reservationArguments, reserving } from '../../operations/targets/reservations.ts';
import { networkArguments } from '../networks/arguments.ts';
import { hasNamespaces, networkConstraints } from '../networks/guards.ts';
import { allocateNamespaces, declareContainers } from '../networks/statements.ts';
import { containerNames, containerResource, containerSubjects, fromContainer } from './container.ts';
import { ofContainer } from './host.ts';

/** The image of a container that is only a namespace, without a process. */
const NETNS_IMAGE = 'netns';

const changeContainer = `
  UPDATE containers SET generation = generation + 1,
    spec = json_set(json_patch(spec, :changed), '$.explicit', json('true'))
  WHERE id = (SELECT c.id ${fromContainer})`;

const requestSchema = v.object({
  contID: containerIdSchema,
  ...v.pick(containerPutSchema.pipe[1], ['tag', 'memory', 'vcpus', 'image', 'command']).entries,
});

interface Putting extends CommandContext {
  readonly request: v.InferOutput<typeof requestSchema>;
}

const promised = ({ request: { memory, vcpus } }: Putting) => ({ memory, cpu: vcpus });
const reservation = reserving(promised);

/** Creates a container's namespace at once; changes an existing container as the request says. */
export const putContainer = defineCommand({
  kind: 'container.create',
  role: 'operator',
  request: requestSchema,
  encode: ({ request }) => ({ contID: request.contID, ...changesOf(request) }),
  target: ofContainer,
  resource: containerResource,
  status: 'pending',
  arguments: (input) => {
    refuseProcess(input.request);
    const { contID } = input.request;
    return {
      ...networkArguments({ memberships: [], containers: [contID], mode: 'make' }),
      ...reservationArguments(promised(input)),
      container: contID,
      changed: JSON.stringify(changesOf(input.request)),
    };
  },
  guards: [hasNamespaces, reservation.guard],
  rows: [declareContainers, allocateNamespaces, changeContainer, reservation.row],
  subjects: [containerSubjects],
  constraints: networkConstraints(containerNames),
});

/** The attributes of the container that the request contains; null removes one. */
function changesOf({ tag, memory, vcpus }: ContainerPut): Pick<ContainerPut, 'tag' | 'memory' | 'vcpus'> {
  return Object.fromEntries(Object.entries({ tag, memory, vcpus }).filter(([, value]) => value !== undefined));
}

/** No executor has a container runtime yet: a request that requires one is rejected before anything is recorded. */
function refuseProcess({ image, command }: ContainerPut): void {
  const asked = { image: image === NETNS_IMAGE ? undefined : image, command };
  const errors: MemberError[] = Object.entries(asked).flatMap(([member, value]) =>
    value === undefined ? [] : [{ pointer: `/${member}`, detail: 'needs a container runtime' }],
  );
  if (errors.length === 0) return;
  throw new Problem('impossible', `${errors[0]?.pointer} needs a container runtime, and this hypervisor has none`, {
    hint: 'Leave image and command out: the container is then a network namespace without a process',
    errors,
  });
}
