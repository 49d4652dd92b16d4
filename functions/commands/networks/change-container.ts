import type { ContainerBody, ContainerPut } from '../../../schema/api/leviathan.ts';
import { type Database, guard, statement } from '../../../schema/database/database.ts';
import { type MemberError, Problem } from '../../../schema/problem.ts';
import { cenSubject, containerSubject } from '../../../schema/statements/networks.ts';
import { hypervisor, type Intent, insertOperation, resourceOf } from '../../intent/intent.ts';
import { newId } from '../../intent/new-id.ts';
import { explainNames } from './explain.ts';
import { NetworkStatements, operationSequence } from './statements.ts';

/** The image of a container that is a namespace and no process. */
const NETNS_IMAGE = 'netns';

/** Creates a container's namespace now; there already: changes what the body says. */
export function putContainer(
  database: Database,
  principal: string,
  host: string,
  container: string,
  body: ContainerPut,
): Intent {
  refuseProcess(body);
  const operation = newId();
  const args = { operation, host, container };
  const network = new NetworkStatements({ operation, host, memberships: [], containers: [container], mode: 'make' });
  return {
    operation,
    statements: [
      network.guardHypervisor(),
      network.guardCapable(),
      insertOperation({
        operation,
        kind: 'container.create',
        host,
        request: { contID: container, ...(body.tag === undefined ? {} : { tag: body.tag }) },
        principal,
        resource: resourceOf('containers', container),
        status: 'pending',
      }),
      network.declareContainers(),
      ...network.allotNames(),
      statement(changeContainer, { ...args, given: body.tag === undefined ? 0 : 1, tag: body.tag ?? null }),
      statement(insertContainerSubject, args),
    ],
    explain: (error) => explainNames(database, error, host),
  };
}

/** No executor has a container runtime yet: what would need one is refused before anything is recorded. */
function refuseProcess({ image, command, memory, vcpus }: ContainerPut): void {
  const asked = { image: image === NETNS_IMAGE ? undefined : image, command, memory, vcpus };
  const errors: MemberError[] = Object.entries(asked).flatMap(([member, value]) =>
    value === undefined ? [] : [{ pointer: `/${member}`, detail: 'needs a container runtime' }],
  );
  if (errors.length === 0) return;
  throw new Problem('impossible', `${errors[0]?.pointer} needs a container runtime, and this hypervisor has none`, {
    hint: 'Leave image, command, memory and vcpus out: the container is then a network namespace without a process',
    errors,
  });
}

/** Removes a container: it leaves every CEN first. */
export function deleteContainer(database: Database, principal: string, host: string, was: ContainerBody): Intent {
  const container = was.contID;
  const operation = newId();
  const args = { operation, host, container };
  return {
    operation,
    statements: [
      guard('unknown_container', `EXISTS (SELECT 1 ${fromContainer} AND c.desired = 'present')`, args),
      insertOperation({
        operation,
        kind: 'container.delete',
        host,
        request: { contID: container },
        principal,
        resource: resourceOf('containers', container),
        status: 'pending',
        result: { was },
      }),
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
      error.reason === 'unknown_container' ? unknownContainer(host, container) : explainNames(database, error, host),
  };
}

export function unknownContainer(host: string, container: string): Problem {
  return new Problem('not_found', `There is no container ${container} on ${host}`, {
    errors: [{ parameter: 'ContainerId', detail: `there is no container ${container} on ${host}` }],
  });
}

const fromContainer = `FROM containers c WHERE c.hypervisor = ${hypervisor} AND c.name = :container`;

const changeContainer = `
  UPDATE containers SET generation = generation + 1, spec = json_set(spec, '$.explicit', json('true'),
    '$.tag', CASE WHEN :given THEN :tag ELSE spec ->> '$.tag' END)
  WHERE id = (SELECT c.id ${fromContainer})`;

const insertContainerSubject = `
  INSERT INTO operation_subjects (subject, sequence) SELECT ${containerSubject}, ${operationSequence} ${fromContainer}`;

const insertItsCens = `
  INSERT INTO operation_subjects (subject, sequence)
  SELECT DISTINCT ${cenSubject}, ${operationSequence}
  FROM members m JOIN cens n ON n.id = m.cen
  WHERE m.removed IS NULL AND m.container = (SELECT c.id ${fromContainer})`;
