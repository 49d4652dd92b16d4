import type { ContainerBody, ContainerPut } from '../../../schema/api/leviathan.ts';
import { guard, statement } from '../../../schema/database/database.ts';
import { type MemberError, Problem } from '../../../schema/problem.ts';
import { cenSubject, containerSubject } from '../../../schema/resources/network/rollback.ts';
import { hypervisor } from '../../intent/choice.ts';
import { type Intent, insertOperation, resourceOf } from '../../intent/intent.ts';
import { newId } from '../../intent/new-id.ts';
import { explainRoom, promise } from '../../intent/promises.ts';
import { explainNames } from './explain.ts';
import { hostOfContainer, type OnHost } from './host.ts';
import { operationSequence } from './operation-sequence.ts';
import { NetworkStatements } from './statements.ts';

/** The image of a container that is a namespace and no process. */
const NETNS_IMAGE = 'netns';

/** Creates a container's namespace now; there already: changes what the body says. */
export function putContainer({ database, principal, host }: OnHost, container: string, body: ContainerPut): Intent {
  refuseProcess(body);
  const operation = newId();
  const on = hostOfContainer(host);
  const args = { operation, container };
  const changed = changesOf(body);
  const network = new NetworkStatements({ operation, memberships: [], containers: [container], mode: 'make' });
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
      ...network.allotNames(),
      statement(changeContainer, { ...args, changed: JSON.stringify(changed) }),
      statement(insertContainerSubject, args),
      ...promise(operation, resourceOf('containers', container), { memory: body.memory, cpu: body.vcpus }),
    ],
    explain: async (error) =>
      (await explainRoom(database, error, on, { memory: body.memory ?? 0, disk: 0, cpu: body.vcpus ?? 0 })) ??
      explainNames(database, error, on, { containers: [container] }),
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

/** Removes a container: it leaves every CEN first. */
export function deleteContainer({ database, principal, host }: OnHost, was: ContainerBody): Intent {
  const container = was.contID;
  const operation = newId();
  const on = hostOfContainer(host);
  const args = { operation, container };
  return {
    operation,
    statements: [
      insertOperation({
        operation,
        kind: 'container.delete',
        on,
        request: { contID: container },
        principal,
        resource: resourceOf('containers', container),
        status: 'pending',
        result: { was },
      }),
      guard('unknown_container', `EXISTS (SELECT 1 ${fromContainer} AND c.desired = 'present')`, args),
      statement(insertContainerSubject, args),
      statement(insertItsCens, args),
      statement(
        `UPDATE members SET removed = ${operationSequence}
         WHERE removed IS NULL AND container = (SELECT c.id ${fromContainer})`,
        args,
      ),
      statement(
        `UPDATE containers SET desired = 'absent', generation = generation + 1 WHERE id = (SELECT c.id ${fromContainer})`,
        args,
      ),
    ],
    explain: async (error) =>
      error.reason === 'unknown_container' ? unknownContainer(host, container) : explainNames(database, error, on),
  };
}

export function unknownContainer(host: string, container: string): Problem {
  return new Problem('not_found', `There is no container ${container} on ${host}`, {
    errors: [{ parameter: 'ContainerId', detail: `there is no container ${container} on ${host}` }],
  });
}

const fromContainer = `FROM containers c WHERE c.hypervisor = ${hypervisor} AND c.name = :container`;

const changeContainer = `
  UPDATE containers SET generation = generation + 1,
    spec = json_set(json_patch(spec, :changed), '$.explicit', json('true'))
  WHERE id = (SELECT c.id ${fromContainer})`;

const insertContainerSubject = `
  INSERT INTO operation_subjects (subject, sequence) SELECT ${containerSubject}, ${operationSequence} ${fromContainer}`;

const insertItsCens = `
  INSERT INTO operation_subjects (subject, sequence)
  SELECT DISTINCT ${cenSubject}, ${operationSequence}
  FROM members m CROSS JOIN cens n ON n.id = m.cen
  WHERE m.removed IS NULL AND m.container = (SELECT c.id ${fromContainer})`;
