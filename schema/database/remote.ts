import { type Client, createClient, type ResultSet } from '@libsql/client/web';
import { Bell, newsOf } from './bell.ts';
import {
  type Bound,
  boundValue,
  type Database,
  databaseError,
  parametersOf,
  type Rows,
  type Statement,
} from './database.ts';

/**
 * The database behind a libSQL server (`libsql://`, `https://`, `http://`). Runs on Workers too; there one client
 * serves one request.
 */
export function openRemote(url: string, authToken?: string): Database {
  const client = createClient({ url, ...(authToken === undefined ? {} : { authToken }) });
  const bell = new Bell();
  return {
    async write(statements, { wakes = 'everybody' } = {}) {
      const rows = await batch(client, statements, 'write');
      if (wakes !== 'nobody') bell.ring(newsOf([wakes]));
      return rows;
    },
    read: (statements) => batch(client, statements, 'read'),
    subscribe: (listener) => bell.subscribe(listener),
    close() {
      bell.clear();
      client.close();
    },
  };
}

async function batch<const Statements extends readonly Statement[]>(
  client: Client,
  statements: Statements,
  mode: 'read' | 'write',
): Promise<Rows<Statements>> {
  try {
    const results = await client.batch(
      statements.map((each) => ({ sql: each.sql, args: sentArguments(each) })),
      mode,
    );
    return results.map(objects) as Rows<Statements>;
  } catch (cause) {
    throw databaseError(cause, failingStatement(cause, statements));
  }
}

/** A libSQL server refuses arguments that the statement does not name. */
function sentArguments({ sql, args }: Statement): Record<string, Bound> {
  return Object.fromEntries(parametersOf(sql).map((name) => [name, boundValue(name, args)]));
}

function objects(result: ResultSet): Record<string, unknown>[] {
  return result.rows.map((row) => Object.fromEntries(result.columns.map((column, index) => [column, row[index]])));
}

function failingStatement(cause: unknown, statements: readonly Statement[]): Statement | undefined {
  if (typeof cause !== 'object' || cause === null) return undefined;
  const index: unknown = Reflect.get(cause, 'statementIndex');
  return typeof index === 'number' ? statements[index] : undefined;
}
