import { DatabaseSync } from 'node:sqlite';
import { expect, it, onTestFinished } from 'vitest';
import { type Database, type Statement, statement } from '../../schema/database/database.ts';
import { register } from '../../schema/store/registration.ts';
import { temporaryDatabase } from '../../test/support/database.ts';
import { claimed, executorDefaults, machine, renew, reporterOf, sessionOf } from '../../test/support/loop.ts';

/** The same database, which also collects every statement. */
function recording(database: Database, written: Statement[]): Database {
  return {
    ...database,
    write: (statements, options) => {
      written.push(...statements);
      return database.write(statements, options);
    },
  };
}

it('no statement of the loop scans the history of operations and events', async () => {
  const plain = await temporaryDatabase();
  const registration = await register(plain, 'host1', '01900000-0000-7000-8000-000000000001', machine);
  await plain.write([
    statement(
      `INSERT INTO operations (id, hypervisor, kind, resource, request, generation, status, not_before_ms, deadline_ms,
         attempt, done, total, principal, created_ms)
       VALUES ('a', :hypervisor, 'test.do', 'a', '{}', 0, 'pending', 0, 9e15, 0, 0, 1, 'test', 0)`,
      { hypervisor: registration.hypervisor },
    ),
    statement("INSERT INTO operation_subjects VALUES ('a', 1)"),
  ]);
  const written: Statement[] = [];
  const database = recording(plain, written);
  const [operation] = await claimed(database, registration);
  await renew(database, registration, [1]);
  const session = sessionOf(database, registration);
  await session.heartbeat((await executorDefaults().heartbeat.beat()).state);
  if (!operation) throw new Error('nothing was claimed');
  await reporterOf(database, registration).report(operation, { status: 'succeeded', error: null });
  const repair = { subject: 'a', since: 0, repairKind: 'test.repair', generation: 0, subjects: ['a'] };
  await session.recordScan({ repairs: [repair], isWhole: true, orphans: [], hold: null });

  const [files] = await plain.read([statement<{ file: string }>('PRAGMA database_list')]);
  const explainer = new DatabaseSync(files[0]?.file ?? '');
  onTestFinished(() => explainer.close());
  const scans = written.flatMap(({ sql, args }) => {
    const explained = explainer.prepare(`EXPLAIN QUERY PLAN ${sql}`);
    explained.setAllowUnknownNamedParameters(true);
    return explained
      .all(args)
      .map(({ detail }) => String(detail))
      .filter((detail) => /^SCAN (?!.*VIRTUAL TABLE)/.test(detail));
  });
  expect(written.length).toBeGreaterThan(15);
  // These tables have a row for each executor, one row, or none; x is the list that is passed to a statement.
  expect(scans.filter((scan) => !/^SCAN (hypervisors|database|guard|CONSTANT ROW|x$)/.test(scan))).toEqual([]);
});
