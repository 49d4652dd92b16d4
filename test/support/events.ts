import { type Database, statement } from '../../schema/database/database.ts';

/** Events of nothing, in one commit. */
export async function insertEvents(database: Database, count: number): Promise<void> {
  await database.write([
    statement(
      `INSERT INTO events (at_ms, type, subject)
       WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :count)
       SELECT 0, 'test', 'tests/' || n FROM numbers`,
      { count },
    ),
  ]);
}
