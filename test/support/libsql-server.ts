import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import Libsql from 'libsql';

/*
 * A libSQL server for tests: what `@libsql/client` asks of sqld for a batch, over HTTP (Hrana 2, JSON), on a local
 * file. It stands in for sqld, of which there is neither an npm nor a Debian package. Interactive transactions, which
 * weft has none of, are not served.
 */

export interface LibsqlServer {
  readonly url: string;
  close(): Promise<void>;
}

export async function startLibsqlServer(path: string, token?: string): Promise<LibsqlServer> {
  const server = createServer((request, response) => {
    answer(path, token, request, response).catch((error: unknown) => send(response, 500, { message: String(error) }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  path: string,
  token: string | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // The client asks which versions there are: this one, only.
  if (request.method !== 'POST' || request.url !== '/v2/pipeline') return send(response, 404, {});
  if (token !== undefined && request.headers.authorization !== `Bearer ${token}`) {
    return send(response, 401, { message: 'the token is wrong', code: 'AUTH_INVALID' });
  }
  const { requests }: { requests: StreamRequest[] } = JSON.parse(await text(request));
  const database = new Libsql(path, { timeout: 5_000 });
  try {
    send(response, 200, { baton: null, base_url: null, results: new Stream(database).serve(requests) });
  } finally {
    database.close();
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

interface StatementMessage {
  sql?: string;
  sql_id?: number;
  args: HranaValue[];
  named_args: { name: string; value: HranaValue }[];
}

type HranaValue =
  | { type: 'null' }
  | { type: 'integer'; value: string }
  | { type: 'float'; value: number }
  | { type: 'text'; value: string };

type Condition =
  | { type: 'ok' | 'error'; step: number }
  | { type: 'not'; cond: Condition }
  | { type: 'and' | 'or'; conds: Condition[] }
  | { type: 'is_autocommit' };

type StreamRequest =
  | { type: 'execute'; stmt: StatementMessage }
  | { type: 'batch'; batch: { steps: { condition?: Condition; stmt: StatementMessage }[] } }
  | { type: 'store_sql'; sql_id: number; sql: string }
  | { type: 'close_sql'; sql_id: number }
  | { type: 'close' };

interface StatementResult {
  cols: { name: string }[];
  rows: HranaValue[][];
  affected_row_count: number;
  last_insert_rowid: string | null;
}

interface HranaError {
  message: string;
  code: string;
}

/** One client's stream: its statements share a connection and the texts that it stored. */
class Stream {
  readonly #database: Libsql.Database;
  readonly #texts = new Map<number, string>();

  constructor(database: Libsql.Database) {
    this.#database = database;
  }

  serve(requests: readonly StreamRequest[]): unknown[] {
    return requests.map((request) => {
      try {
        return { type: 'ok', response: { type: request.type, ...this.#respond(request) } };
      } catch (error) {
        return { type: 'error', error: hranaError(error) };
      }
    });
  }

  #respond(request: StreamRequest): object {
    switch (request.type) {
      case 'execute':
        return { result: this.#execute(request.stmt) };
      case 'batch':
        return { result: this.#batch(request.batch.steps) };
      case 'store_sql':
        this.#texts.set(request.sql_id, request.sql);
        return {};
      case 'close_sql':
        this.#texts.delete(request.sql_id);
        return {};
      case 'close':
        return {};
    }
  }

  /** Steps whose condition does not hold are neither a result nor an error. */
  #batch(steps: readonly { condition?: Condition; stmt: StatementMessage }[]): object {
    const results: (StatementResult | null)[] = [];
    const errors: (HranaError | null)[] = [];
    for (const [index, { condition, stmt }] of steps.entries()) {
      results[index] = null;
      errors[index] = null;
      if (condition && !this.#holds(condition, results, errors)) continue;
      try {
        results[index] = this.#execute(stmt);
      } catch (error) {
        errors[index] = hranaError(error);
      }
    }
    return { step_results: results, step_errors: errors };
  }

  #holds(condition: Condition, results: readonly unknown[], errors: readonly unknown[]): boolean {
    switch (condition.type) {
      case 'ok':
        return results[condition.step] !== null;
      case 'error':
        return errors[condition.step] !== null;
      case 'not':
        return !this.#holds(condition.cond, results, errors);
      case 'and':
        return condition.conds.every((each) => this.#holds(each, results, errors));
      case 'or':
        return condition.conds.some((each) => this.#holds(each, results, errors));
      case 'is_autocommit':
        return !this.#database.inTransaction;
    }
  }

  #execute({ sql, sql_id, args, named_args }: StatementMessage): StatementResult {
    const prepared = this.#database.prepare(sql ?? this.#texts.get(sql_id ?? -1) ?? '');
    const bound =
      named_args.length > 0
        ? [Object.fromEntries(named_args.map(({ name, value }) => [name.replace(/^[:@$]/, ''), fromHrana(value)]))]
        : args.map(fromHrana);
    if (!prepared.reader) {
      const { changes } = prepared.run(...bound);
      return { cols: [], rows: [], affected_row_count: changes, last_insert_rowid: null };
    }
    const rows = prepared.raw(true).all(...bound) as unknown[][];
    const cols = prepared.columns().map(({ name }) => ({ name }));
    return { cols, rows: rows.map((row) => row.map(toHrana)), affected_row_count: 0, last_insert_rowid: null };
  }
}

function fromHrana(value: HranaValue): string | number | bigint | null {
  switch (value.type) {
    case 'null':
      return null;
    case 'integer':
      return BigInt(value.value);
    default:
      return value.value;
  }
}

function toHrana(value: unknown): HranaValue {
  if (value === null) return { type: 'null' };
  if (typeof value === 'number') {
    return Number.isInteger(value) ? { type: 'integer', value: String(value) } : { type: 'float', value };
  }
  return { type: 'text', value: String(value) };
}

function hranaError(error: unknown): HranaError {
  const code = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  return {
    message: error instanceof Error ? error.message : String(error),
    code: typeof code === 'string' ? code : 'SQLITE_ERROR',
  };
}
