import * as v from 'valibot';
import { cenIdSchema } from '../../../schema/api/leviathan.ts';
import { cenSubject, containerSubject } from '../../../schema/resources/network/rollback.ts';
import { defineCommand } from '../../operations/command.ts';
import { hypervisor, operationSequence } from '../../operations/operation-statements.ts';
import { byName } from '../../operations/targets/target.ts';
import { cenInCin } from '../cins/problems.ts';
import { cenResource, unknownCen } from './cen.ts';
import { readCen } from './read.ts';

const fromCen = `FROM cens n WHERE n.hypervisor = ${hypervisor} AND n.name = :cen`;

const countMembers = `
  UPDATE operations SET total = (SELECT count(*) FROM members WHERE removed IS NULL AND cen = (SELECT n.id ${fromCen}))
  WHERE id = :operation`;

const removeMembers = `
  UPDATE members SET removed = ${operationSequence} WHERE removed IS NULL AND cen = (SELECT n.id ${fromCen})`;

const removeCen = `
  UPDATE cens SET desired = 'absent', spec = '{"made":false}', generation = generation + 1
  WHERE id = (SELECT n.id ${fromCen})`;

const subjectsOfMembers = `
  SELECT DISTINCT ${containerSubject}, ${operationSequence}
  FROM members m CROSS JOIN containers c ON c.id = m.container WHERE m.removed = ${operationSequence}`;

/** Removes a CEN from the host and deletes its row; its containers stay declared. */
export const deleteCen = defineCommand({
  kind: 'cen.delete',
  role: 'operator',
  request: v.object({ cenID: cenIdSchema }),
  read: (asked) => readCen(asked, asked.request.cenID),
  target: ({ found }) => byName(found.hypervisors[0] ?? ''),
  resource: cenResource,
  status: 'pending',
  result: ({ found }) => ({ was: found }),
  arguments: ({ request }) => ({ cen: request.cenID }),
  guards: [
    {
      id: 'unknown_cen',
      holds: `EXISTS (SELECT 1 ${fromCen} AND n.desired = 'present')`,
      problem: ({ request }) => unknownCen(request.cenID),
    },
    {
      id: 'in_cin',
      holds: `NOT EXISTS (SELECT 1 FROM cin_cens x WHERE x.cen = (SELECT n.id ${fromCen}))`,
      problem: ({ database, found, request }) => cenInCin(database, found.hypervisors[0] ?? '', request.cenID),
    },
  ],
  rows: [countMembers, removeMembers, removeCen],
  subjects: [`SELECT ${cenSubject}, ${operationSequence} ${fromCen}`, subjectsOfMembers],
});
