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
   * How long a call may take, in milliseconds, from its start to the last byte of its answer. A lease lasts three times
   * the default.
   */
  readonly deadlineMs?: number;
}

const DEADLINE_MS = 5_000;

/** Maximum number of calls in flight, each on its own connection; a server that hangs is sent no more. */
const CONNECTIONS = 20;

/**
 * The database on a libSQL server (`libsql://`, `https://`, `http://`). Also runs on Workers, where each request has
 * its own. Throws the client's error for an invalid URL.
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

  /** Creating a client for each call is cheap, since it opens nothing, and no call inherits state of an earlier one. */
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

/** The error of `fetch` for an invalid header would contain the token. */
function checkedToken(token: string): string {
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new DatabaseError('unavailable', 'token', 'the token for the database is empty or has invalid characters');
}

/** A libSQL server rejects arguments that the statement does not name. */
function sentArguments({ sql, args }: Statement): Record<string, Bound> {
  return Object.fromEntries(parametersOf(sql).map((name) => [name, boundValue(name, args)]));
}

function objects(result: ResultSet): Record<string, unknown>[] {
  return result.rows.map((row) => Object.fromEntries(result.columns.map((column, index) => [column, row[index]])));
}
