import type { CenBody } from '../../../schema/api/leviathan.ts';
import { statement } from '../../../schema/database/database.ts';
import { cenSubject, containerSubject } from '../../../schema/resources/network/rollback.ts';
import type { CommandContext } from '../../operations/command-context.ts';
import { guard } from '../../operations/guard.ts';
import { type Intent, insertOperation, resourceOf } from '../../operations/intent.ts';
import { newId } from '../../operations/new-id.ts';
import { byName, hypervisor } from '../../operations/targets/target.ts';
import { operationSequence } from '../networks/operation-sequence.ts';
import { unknownCen } from './problems.ts';

/** Takes a CEN off the host and forgets it; its containers stay declared. */
export function deleteCen({ principal }: CommandContext, was: CenBody): Intent {
  const cen = was.cenID;
  const operation = newId();
  const on = byName(was.hypervisors[0] ?? '');
  const args = { operation, cen };
  return {
    operation,
    statements: [
      insertOperation({
        operation,
        kind: 'cen.delete',
        on,
        request: { cenID: cen },
        principal,
        resource: resourceOf('cens', cen),
        status: 'pending',
        result: { was },
      }),
      guard('unknown_cen', `EXISTS (SELECT 1 ${fromCen} AND n.desired = 'present')`, args, () => unknownCen(cen)),
      statement(insertCenSubjects, args),
      statement(insertMemberSubjects, args),
      statement(countMembers, args),
      statement(
        `UPDATE members SET removed = ${operationSequence} WHERE removed IS NULL AND cen = (SELECT n.id ${fromCen})`,
        args,
      ),
      statement(
        `UPDATE cens SET desired = 'absent', spec = '{"made":false}', generation = generation + 1
         WHERE id = (SELECT n.id ${fromCen})`,
        args,
      ),
    ],
  };
}

const fromCen = `FROM cens n WHERE n.hypervisor = ${hypervisor} AND n.name = :cen`;

const insertCenSubjects = `
  INSERT INTO operation_subjects (subject, sequence) SELECT ${cenSubject}, ${operationSequence} ${fromCen}`;

const insertMemberSubjects = `
  INSERT INTO operation_subjects (subject, sequence)
  SELECT DISTINCT ${containerSubject}, ${operationSequence}
  FROM members m CROSS JOIN containers c ON c.id = m.container
  WHERE m.removed IS NULL AND m.cen = (SELECT n.id ${fromCen})`;

const countMembers = `
  UPDATE operations SET total = (SELECT count(*) FROM members WHERE removed IS NULL AND cen = (SELECT n.id ${fromCen}))
  WHERE id = :operation`;
