import * as v from 'valibot';
import { containerIdSchema } from '../../../schema/api/leviathan.ts';
import { cenSubject } from '../../../schema/resources/network/rollback.ts';
import { defineCommand } from '../../operations/command.ts';
import { namedHost } from '../../operations/command-context.ts';
import { operationSequence } from '../../operations/operation-statements.ts';
import { containerResource, containerSubjects, fromContainer, unknownContainer } from './container.ts';
import { ofContainer } from './host.ts';
import { readContainer } from './read.ts';

const leaveAll = `
  UPDATE members SET removed = ${operationSequence} WHERE removed IS NULL AND container = (SELECT c.id ${fromContainer})`;

const removeContainer = `
  UPDATE containers SET desired = 'absent', generation = generation + 1 WHERE id = (SELECT c.id ${fromContainer})`;

const subjectsOfCens = `
  SELECT DISTINCT ${cenSubject}, ${operationSequence}
  FROM members m CROSS JOIN cens n ON n.id = m.cen WHERE m.removed = ${operationSequence}`;

/** Removes a container, and first its memberships in all CENs. */
export const deleteContainer = defineCommand({
  kind: 'container.delete',
  role: 'operator',
  request: v.object({ contID: containerIdSchema }),
  read: (asked) => readContainer(asked, asked.request.contID),
  target: ofContainer,
  resource: containerResource,
  status: 'pending',
  result: ({ found }) => ({ was: found }),
  arguments: ({ request }) => ({ container: request.contID }),
  guards: [
    {
      id: 'unknown_container',
      holds: `EXISTS (SELECT 1 ${fromContainer} AND c.desired = 'present')`,
      problem: (input) => unknownContainer(namedHost(input), input.request.contID),
    },
  ],
  rows: [leaveAll, removeContainer],
  subjects: [containerSubjects, subjectsOfCens],
});
