import { createClient, type ResultSet } from '@libsql/client/http';
import { CommitNotifier, notificationOf } from './commit-notifier.ts';
import {
  type Bound,
  boundValue,
  type Database,
  DatabaseError,
  parametersOf,
  type Rows,
  type Statement,
} from './database.ts';
import { type RemoteCall, remoteError } from './remote-error.ts';
import { Slots } from './slots.ts';
import { Transport } from './transport.ts';

export interface RemoteOptions {
  /**
   * How long a call may take, in milliseconds, from when it is made to the last byte of its answer. A lease lasts
   * three times the default.
   */
  readonly deadlineMs?: number;
}

const DEADLINE_MS = 5_000;

/** So many calls are under way at once, each on a connection; a server that hangs is sent no more. */
const CONNECTIONS = 20;

/**
 * The database behind a libSQL server (`libsql://`, `https://`, `http://`). Runs on Workers too; there one of these
 * serves one request. Throws what the client says of a URL that is none.
 */
export function openRemote(
  url: string,
  authToken?: string,
  { deadlineMs = DEADLINE_MS }: RemoteOptions = {},
): Database {
  const config = { url, ...(authToken === undefined ? {} : { authToken: checkedToken(authToken) }) };
  createClient(config).close();
  const notifier = new CommitNotifier();
  const slots = new Slots(CONNECTIONS);
  const underWay = new Set<Transport>();
  let closed = false;

  /** A client for each call is cheap, it opens nothing by itself; and what one call left in it hurts no other. */
  async function send(statements: readonly Statement[], mode: RemoteCall['mode'], transport: Transport) {
    const messages = statements.map((each) => ({ sql: each.sql, args: sentArguments(each) }));
    const client = createClient({ ...config, fetch: transport.fetch });
    try {
      return await transport.run(() => slots.use(transport.signal, () => client.batch(messages, mode)));
    } finally {
      client.close();
    }
  }

  async function batch<const Statements extends readonly Statement[]>(
    statements: Statements,
    mode: RemoteCall['mode'],
    call: string | undefined,
  ): Promise<Rows<Statements>> {
    if (closed) throw new DatabaseError('unavailable', 'closed', 'the database is closed');
    const transport = new Transport(deadlineMs, authToken !== undefined);
    underWay.add(transport);
    try {
      return (await send(statements, mode, transport)).map(objects) as Rows<Statements>;
    } catch (cause) {
      throw remoteError(cause, { statements, mode, call, sent: transport.sent });
    } finally {
      underWay.delete(transport);
    }
  }

  return {
    async write(statements, { audience = 'all', call } = {}) {
      const rows = await batch(statements, 'write', call);
      if (audience !== 'none') notifier.notify(notificationOf([audience]));
      return rows;
    },
    read: (statements, { call } = {}) => batch(statements, 'read', call),
    subscribe: (listener) => notifier.subscribe(listener),
    close() {
      closed = true;
      notifier.clear();
      for (const transport of underWay) transport.close();
    },
  };
}

/** What `fetch` says of a header that cannot be would have the token in it. */
function checkedToken(token: string): string {
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new DatabaseError('unavailable', 'token', 'the token for the database is empty or has invalid characters');
}

/** A libSQL server refuses arguments that the statement does not name. */
function sentArguments({ sql, args }: Statement): Record<string, Bound> {
  return Object.fromEntries(parametersOf(sql).map((name) => [name, boundValue(name, args)]));
}

function objects(result: ResultSet): Record<string, unknown>[] {
  return result.rows.map((row) => Object.fromEntries(result.columns.map((column, index) => [column, row[index]])));
}
