import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { temporaryDatabase } from '../../test/support/database.ts';
import { type Statement, statement } from '../database/database.ts';
import { splitStatements } from '../database/migrate.ts';

const insertOperation = statement(`
  INSERT INTO operations (id, kind, request, generation, status, not_before_ms, deadline_ms, attempt, done, total, principal, created_ms)
  SELECT hex(randomblob(8)), 'test.do', '{}', 0, 'pending', 0, 0, 0, 0, 1, 'test', 0`);

const misjudged = statement<{ sequence: number; blocked: number; expected: number }>(`
  SELECT * FROM (
    SELECT o.sequence, o.blocked_subjects AS blocked, (
      SELECT count(*) FROM operation_subjects s WHERE s.sequence = o.sequence AND EXISTS (
        SELECT 1 FROM operation_subjects e WHERE e.subject = s.subject AND e.sequence < s.sequence)) AS expected
    FROM operations o)
  WHERE blocked <> expected`);

const OPERATIONS = 12;
const SUBJECTS = 4;

/** A linear congruential generator (Numerical Recipes), so that a failure is reproducible. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

it('the blocked subjects of operations are counted for any inserts and deletions, in any order', async () => {
  const database = await temporaryDatabase();
  await database.write(Array.from({ length: OPERATIONS }, () => insertOperation));
  const random = randomNumbers(20_261_129);
  const changes: readonly ((sequence: number, subject: string) => Statement)[] = [
    (sequence, subject) =>
      statement('INSERT OR IGNORE INTO operation_subjects (subject, sequence) VALUES (:subject, :sequence)', {
        subject,
        sequence,
      }),
    (sequence, subject) =>
      statement('DELETE FROM operation_subjects WHERE subject = :subject AND sequence = :sequence', {
        subject,
        sequence,
      }),
    (sequence) => statement('DELETE FROM operation_subjects WHERE sequence = :sequence', { sequence }),
    (sequence) =>
      statement(
        `INSERT OR IGNORE INTO operation_subjects (subject, sequence) SELECT value, :sequence FROM json_each('["s0","s2","s1"]')`,
        { sequence },
      ),
  ];
  let most = 0;
  for (let turn = 0; turn < 600; turn += 1) {
    const change = changes[random(changes.length)];
    if (change === undefined) throw new Error('there is no such change');
    const [, wrong, [sums]] = await database.write([
      change(1 + random(OPERATIONS), `s${random(SUBJECTS)}`),
      misjudged,
      statement<{ blocked: number }>('SELECT sum(blocked_subjects) AS blocked FROM operations'),
    ]);
    expect(wrong, `turn ${turn}`).toEqual([]);
    most = Math.max(most, sums?.blocked ?? 0);
  }
  expect(most).toBeGreaterThan(OPERATIONS);
});

it('the migration counts existing rows', async () => {
  const database = await temporaryDatabase();
  const text = readFileSync(new URL('../migrations/0008_blocked.sql', import.meta.url), 'utf8');
  const fill = splitStatements(text).filter((sql) => sql.startsWith('UPDATE operations'));
  expect(fill).toHaveLength(1);
  const [, , , , wrong, before] = await database.write([
    insertOperation,
    insertOperation,
    insertOperation,
    statement(
      `INSERT INTO operation_subjects (subject, sequence) VALUES ('a', 1), ('a', 2), ('b', 2), ('b', 3), ('a', 3), ('c', 3)`,
    ),
    misjudged,
    statement<{ blocked: number }>('SELECT blocked_subjects AS blocked FROM operations ORDER BY sequence'),
  ]);
  expect([wrong, before.map(({ blocked }) => blocked)]).toEqual([[], [0, 1, 2]]);
  await database.write(['UPDATE operations SET blocked_subjects = 7', ...fill].map((sql) => statement(sql)));
  const [after] = await database.read([
    statement<{ blocked: number }>('SELECT blocked_subjects AS blocked FROM operations ORDER BY sequence'),
  ]);
  expect(after).toEqual(before);
});
