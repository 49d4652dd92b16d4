import type { Fault } from './faults.ts';
import { fromHrana, SqlTexts, type StatementMessage, type StreamRequest } from './hrana.ts';

export interface ServedStatement {
  readonly sql: string;
  /** By name, without the colon. */
  readonly args: Readonly<Record<string, string | number | bigint | null>>;
}

/** A request as the server saw it. */
export interface ServedRequest {
  readonly mode: 'read' | 'write';
  /** The caller's statements, without those that begin and end its transaction. */
  readonly statements: readonly ServedStatement[];
  /** The size of its body. */
  readonly bytes: number;
  /** The fault that it met. */
  fault?: Fault;
  /** How many times it was executed. */
  executed: number;
}

const transaction = /^(BEGIN|COMMIT|ROLLBACK)\b/;

export function describeRequest(requests: readonly StreamRequest[], bytes: number): ServedRequest {
  const texts = new SqlTexts();
  const statements: ServedStatement[] = [];
  for (const request of requests) {
    if (request.type === 'store_sql') texts.store(request.sql_id, request.sql);
    if (request.type === 'execute') statements.push(describeStatement(request.stmt, texts));
    if (request.type === 'batch') {
      statements.push(...request.batch.steps.map(({ stmt }) => describeStatement(stmt, texts)));
    }
  }
  return {
    mode: statements[0]?.sql.includes('READONLY') ? 'read' : 'write',
    statements: statements.filter(({ sql }) => !transaction.test(sql)),
    bytes,
    executed: 0,
  };
}

function describeStatement(message: StatementMessage, texts: SqlTexts): ServedStatement {
  const args = message.named_args.map(({ name, value }) => [name.replace(/^:/, ''), fromHrana(value)]);
  return { sql: texts.of(message), args: Object.fromEntries(args) };
}
