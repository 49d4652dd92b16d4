import type { ContainerBody } from '../../../schema/api/leviathan.ts';
import { statement } from '../../../schema/database/database.ts';
import { cenSubject } from '../../../schema/resources/network/rollback.ts';
import { guard } from '../../operations/guard.ts';
import { type Intent, insertOperation, resourceOf } from '../../operations/intent.ts';
import { newId } from '../../operations/new-id.ts';
import { operationSequence } from '../networks/operation-sequence.ts';
import { fromContainer, insertContainerSubject, unknownContainer } from './container.ts';
import { hostOfContainer, type OnHost } from './host.ts';

/** Removes a container: it leaves every CEN first. */
export function deleteContainer({ principal, host }: OnHost, was: ContainerBody): Intent {
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
      guard('unknown_container', `EXISTS (SELECT 1 ${fromContainer} AND c.desired = 'present')`, args, () =>
        unknownContainer(host, container),
      ),
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
  };
}

const insertItsCens = `
  INSERT INTO operation_subjects (subject, sequence)
  SELECT DISTINCT ${cenSubject}, ${operationSequence}
  FROM members m CROSS JOIN cens n ON n.id = m.cen
  WHERE m.removed IS NULL AND m.container = (SELECT c.id ${fromContainer})`;
