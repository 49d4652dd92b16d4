import { describe, expect, it } from 'vitest';
import { DatabaseError, type Statement, statement } from '../../schema/database/database.ts';
import { Problem } from '../../schema/problem.ts';
import { insertHypervisor, rowCounts, temporaryDatabase } from '../../test/support/database.ts';
import { commit } from './commit.ts';
import { type Constraint, type Guard, guard } from './guard.ts';
import { insertOperation } from './intent.ts';
import { newId } from './new-id.ts';
import { none } from './targets/target.ts';

const conflict = new Problem('conflict', 'a network of that name');
const gone = new Problem('not_found', 'the host is gone');
const holds = guard('holds', '1 = 1', {}, () => conflict);
const fails = guard('fails', '1 = 0', {}, async () => gone);
const insertAgain = statement(
  "INSERT INTO hypervisors (id, name, epoch, capabilities, created_ms) VALUES ('x', 'host1', 0, '{}', 0)",
);

async function refusal(statements: readonly (Statement | Guard)[], constraints: readonly Constraint[] = []) {
  const database = await temporaryDatabase();
  await insertHypervisor(database);
  const before = await rowCounts(database);
  const operation = newId();
  const inserted = insertOperation({
    operation,
    kind: 'test.write',
    on: none,
    request: {},
    principal: 'local',
    resource: null,
    status: 'succeeded',
  });
  const thrown = await commit(database, { operation, statements: [inserted, ...statements], constraints }).catch(
    (error: unknown) => error,
  );
  expect(await rowCounts(database)).toEqual(before);
  return thrown;
}

describe('a write that is aborted', () => {
  it('by a guard is refused with the problem of that guard, and of no other', async () => {
    expect(await refusal([holds, fails])).toBe(gone);
  });

  it('by a constraint that it names is refused with the problem of that constraint', async () => {
    expect(await refusal([insertAgain], [{ violated: 'hypervisors.name', problem: () => conflict }])).toBe(conflict);
  });

  it('by a constraint that it does not name is a fault of ours', async () => {
    const other = { violated: 'cens.name', problem: () => conflict };
    const thrown = await refusal([holds, insertAgain], [other]);
    expect(thrown).toBeInstanceOf(DatabaseError);
    expect(thrown).toMatchObject({ code: 'constraint' });
  });
});
