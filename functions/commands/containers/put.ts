import type { ContainerPut } from '../../../schema/api/leviathan.ts';
import { statement } from '../../../schema/database/database.ts';
import { type MemberError, Problem } from '../../../schema/problem.ts';
import { type Intent, insertOperation, resourceOf } from '../../operations/intent.ts';
import { newId } from '../../operations/new-id.ts';
import { reserve } from '../../operations/targets/reservations.ts';
import { NetworkStatements } from '../networks/statements.ts';
import { fromContainer, insertContainerSubject } from './container.ts';
import { hostOfContainer, type OnHost } from './host.ts';

/** The image of a container that is a namespace and no process. */
const NETNS_IMAGE = 'netns';

/** Creates a container's namespace now; there already: changes what the body says. */
export function putContainer({ principal, host }: OnHost, container: string, body: ContainerPut): Intent {
  refuseProcess(body);
  const operation = newId();
  const on = hostOfContainer(host);
  const args = { operation, container };
  const changed = changesOf(body);
  const network = new NetworkStatements({ operation, on, memberships: [], containers: [container], mode: 'make' });
  return {
    operation,
    statements: [
      insertOperation({
        operation,
        kind: 'container.create',
        on,
        request: { contID: container, ...changed },
        principal,
        resource: resourceOf('containers', container),
        status: 'pending',
      }),
      network.guardHypervisor(),
      network.guardCapable(),
      network.declareContainers(),
      ...network.allocateNames(),
      statement(changeContainer, { ...args, changed: JSON.stringify(changed) }),
      statement(insertContainerSubject, args),
      ...reserve(operation, resourceOf('containers', container), on, { memory: body.memory, cpu: body.vcpus }),
    ],
    constraints: network.constraints,
  };
}

/** What the request says of the container; null takes something away. */
function changesOf({ tag, memory, vcpus }: ContainerPut): Partial<ContainerPut> {
  return Object.fromEntries(Object.entries({ tag, memory, vcpus }).filter(([, value]) => value !== undefined));
}

/** No executor has a container runtime yet: what would need one is refused before anything is recorded. */
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

const changeContainer = `
  UPDATE containers SET generation = generation + 1,
    spec = json_set(json_patch(spec, :changed), '$.explicit', json('true'))
  WHERE id = (SELECT c.id ${fromContainer})`;
