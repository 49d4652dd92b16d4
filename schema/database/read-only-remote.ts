import { type Database, DatabaseError, statement } from './database.ts';

type Row = Record<string, unknown>;

interface Instruction {
  readonly opcode: string;
  readonly p2: number;
}

const comment = /--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/.source;
const quoted = /'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]/.source;
const commentOrQuoted = new RegExp(`(${comment})|(${quoted})`, 'g');

/**
 * Answers one read-only statement from a libSQL server, which has no read-only connections. So the server is asked for
 * the statement's program first, and a program that begins a write transaction is rejected. Throws {@link
 * DatabaseError}.
 */
export async function queryServer(database: Database, sql: string): Promise<Row[]> {
  const plain = sql.replaceAll(commentOrQuoted, (_all, _comment, text?: string) => (text === undefined ? ' ' : "''"));
  if (plain.replace(/[;\s]*$/, '').includes(';')) throw refused('it is more than one statement');
  const [, explained] = /^\s*(EXPLAIN(?:\s+QUERY\s+PLAN)?\s+)?(?:SELECT|WITH|VALUES)\b/i.exec(plain) ?? [
    undefined,
    null,
  ];
  if (explained === null) throw refused('it does not begin with SELECT, WITH, VALUES or EXPLAIN');
  if (explained === undefined) await refuseWrites(database, sql);
  const [rows] = await database.read([statement<Row>(sql)], { call: 'sql' });
  return rows;
}

/** https://www.sqlite.org/opcode.html#Transaction: P2 is not zero if it begins a write. */
async function refuseWrites(database: Database, sql: string): Promise<void> {
  const program = await explain(database, sql);
  const writes = program.some(({ opcode, p2 }) => opcode === 'Transaction' && Number(p2) !== 0);
  if (program.length === 0 || writes) throw refused('it writes');
}

/** A statement that the server cannot explain is not executed: some servers answer EXPLAIN of a write with an error. */
async function explain(database: Database, sql: string): Promise<readonly Instruction[]> {
  try {
    const [program] = await database.read([statement<Instruction>(`EXPLAIN ${sql}`)], { call: 'sql' });
    return program;
  } catch (error) {
    if (!(error instanceof DatabaseError) || error.code === 'unavailable') throw error;
    throw refused(`the server does not explain it (${error.message})`, error);
  }
}

function refused(why: string, cause?: unknown): DatabaseError {
  const message = `npm run sql is read-only, and this statement is refused: ${why}`;
  return new DatabaseError('fault', 'read-only', message, { cause });
}
