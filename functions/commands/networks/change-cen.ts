import type { CenBody } from '../../../schema/api/leviathan.ts';
import { guard, statement } from '../../../schema/database/database.ts';
import { Problem } from '../../../schema/problem.ts';
import { cenSubject, containerSubject } from '../../../schema/resources/network/rollback.ts';
import { hypervisor, named } from '../../intent/choice.ts';
import { type Intent, insertOperation, resourceOf } from '../../intent/intent.ts';
import { newId } from '../../intent/new-id.ts';
import { placed } from '../../intent/placement.ts';
import type { Asked } from '../asked.ts';
import { explainNames } from './explain.ts';
import { operationSequence } from './operation-sequence.ts';
import { NetworkStatements } from './statements.ts';

/** Declares an empty CEN; there already: leaves it as it is. */
export function createCen({ database, principal, host }: Asked, cen: string): Intent {
  const operation = newId();
  const on = host === null ? placed({ technology: 'netns' }, { cens: [cen] }) : named(host);
  const network = new NetworkStatements({ operation, memberships: [{ cen, containers: [] }], mode: 'declare' });
  return {
    operation,
    statements: [
      insertOperation({
        operation,
        kind: 'cen.create',
        on,
        request: { cenID: cen },
        principal,
        resource: resourceOf('cens', cen),
        status: 'succeeded',
      }),
      network.guardHypervisor(),
      network.declareCens(),
      ...network.allotNames(),
    ],
    explain: (error) => explainNames(database, error, on, { cens: [cen] }),
  };
}

/** Takes a CEN off the host and forgets it; its containers stay declared. */
export function deleteCen({ database, principal }: Asked, was: CenBody): Intent {
  const cen = was.cenID;
  const operation = newId();
  const on = named(was.hypervisors[0] ?? '');
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
      guard('unknown_cen', `EXISTS (SELECT 1 ${fromCen} AND n.desired = 'present')`, args),
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
    explain: async (error) => (error.reason === 'unknown_cen' ? unknownCen(cen) : explainNames(database, error, on)),
  };
}

export function unknownCen(cen: string): Problem {
  return new Problem('not_found', `There is no CEN ${cen}`, {
    errors: [{ parameter: 'CenId', detail: `there is no CEN ${cen}` }],
  });
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
