import { type Database, statement } from '../../schema/database/database.ts';
import { type Ask, api } from './api.ts';

/* An API with CENs, for tests of CINs without an executor. */

export interface Networks {
  readonly database: Database;
  readonly ask: Ask;
  /** Imports CINs; throws unless that succeeds. */
  readonly cins: (body: unknown) => Promise<void>;
  /** The offsets of the containers' addresses in a CIN. */
  readonly offsets: (cin: string) => Promise<Record<string, number>>;
}

/** CENs of host1, each with containers. */
export async function networks(cens: Readonly<Record<string, readonly string[]>> = {}): Promise<Networks> {
  const { database, ask } = await api();
  const must = async (path: string, body: unknown) => {
    const answer = await ask('POST', path, body, { prefer: 'respond-async' });
    if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  };
  const cenList = Object.entries(cens).map(([cenID, containerIDs]) => ({ cenID, containerIDs }));
  await must('/cen/import', { cenList });
  return {
    database,
    ask,
    cins: (body) => must('/cin/import', body),
    offsets: async (cin) => {
      const [rows] = await database.read([
        statement<{ name: string; offset: number }>(
          `SELECT c.name, a.offset FROM cins i JOIN cin_addresses a ON a.cin = i.id JOIN containers c ON c.id = a.container
           WHERE i.name = :cin ORDER BY a.offset`,
          { cin },
        ),
      ]);
      return Object.fromEntries(rows.map(({ name, offset }) => [name, offset]));
    },
  };
}

/** What an executor writes when all operations on CINs have succeeded. */
export async function succeed(database: Database): Promise<void> {
  await database.write([
    statement("UPDATE operations SET status = 'succeeded', done = total, finished_ms = 0 WHERE status = 'pending'"),
    statement('DELETE FROM operation_subjects'),
    statement('DELETE FROM members WHERE removed IS NOT NULL'),
    statement('DELETE FROM cin_cens WHERE removed IS NOT NULL'),
    statement("DELETE FROM cins WHERE desired = 'absent'"),
    statement(
      "UPDATE cins SET applied_spec = spec, state = CASE WHEN spec ->> '$.made' THEN 'ready' ELSE 'pending' END",
    ),
  ]);
}

/** An operation's own subjects, or those of its parts, without the hypervisor before them; each part's in order. */
export async function subjectsOf(database: Database, operation: string): Promise<string[][]> {
  const [rows] = await database.read([
    statement<{ sequence: number; subject: string }>(
      `SELECT s.sequence, substr(s.subject, length('hypervisors/') + 38) AS subject
       FROM operations p JOIN operations o ON o.sequence = p.sequence OR o.parent = p.sequence
       JOIN operation_subjects s ON s.sequence = o.sequence WHERE p.id = :operation ORDER BY s.sequence, subject`,
      { operation },
    ),
  ]);
  return [...Map.groupBy(rows, ({ sequence }) => sequence).values()].map((each) => each.map(({ subject }) => subject));
}
