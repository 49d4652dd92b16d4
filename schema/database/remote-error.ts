import { DatabaseError, databaseError, type Statement } from './database.ts';
import { oneLine } from './http-answer.ts';
import { TransportError } from './transport.ts';

/** The call that failed. */
export interface RemoteCall {
  readonly statements: readonly Statement[];
  readonly mode: 'read' | 'write';
  readonly call: string | undefined;
  /** Whether anything of it reached the network. */
  readonly sent: boolean;
}

type Committed = DatabaseError['committed'];

/** Conditions of the server's file that no statement causes, by SQLite's primary code. */
const states: Readonly<Record<string, string>> = {
  SQLITE_FULL: 'the disk of the database is full',
  SQLITE_READONLY: 'the database is read-only',
  SQLITE_IOERR: 'the database cannot read or write its disk',
  SQLITE_CORRUPT: 'the file of the database is damaged',
  SQLITE_NOTADB: 'the file of the database is damaged',
  SQLITE_CANTOPEN: 'the database cannot open its file',
  SQLITE_NOMEM: 'the database has no memory left',
  SQLITE_INTERRUPT: 'the database interrupted the call',
  BLOCKED: 'the database does not allow it at present',
};

const busy = /^(SQLITE_(BUSY|LOCKED)|TRANSACTION_(BUSY|TIMEOUT))/;

/** Codes of faults in the statements themselves. */
const faulty = /^(SQL|ARGS_|BATCH_|RESPONSE_TOO_LARGE)/;

/**
 * Converts the failure of a call to a libSQL server to a {@link DatabaseError}. A read changes nothing, whatever
 * happened to it.
 */
export function remoteError(cause: unknown, asked: RemoteCall): DatabaseError {
  if (cause instanceof DatabaseError) return cause;
  if (cause instanceof TransportError) return unavailable(cause.reason, cause.message, cause.executed, asked);
  const code = codeOf(cause);
  const message = messageOf(cause, code);
  if (code.startsWith('SQLITE_CONSTRAINT') || message.includes('constraint failed')) {
    return databaseError(cause, failingStatement(cause, asked.statements));
  }
  if (busy.test(code)) return new DatabaseError('busy', code, withCall('the database is busy', asked));
  const state = Object.keys(states).find((each) => code === each || code.startsWith(`${each}_`));
  if (state !== undefined) {
    return unavailable(code, `${states[state]} (${code})`, rolledBack(cause, state), asked);
  }
  if (faulty.test(code) || !asked.sent || cause instanceof RangeError) {
    const committed = code.startsWith('SQL') || !asked.sent ? 'no' : 'unknown';
    return new DatabaseError('fault', code, withCall(message, asked), {
      cause,
      committed: asked.mode === 'read' ? 'no' : committed,
    });
  }
  if (code === '' || code === 'HRANA_PROTO_ERROR') {
    return unavailable('answer', 'the answer is not from a libSQL server', 'unknown', asked);
  }
  return unavailable(code, `the database did not execute the call: ${message} (${code})`, 'unknown', asked);
}

function unavailable(reason: string, message: string, committed: Committed, asked: RemoteCall): DatabaseError {
  return new DatabaseError('unavailable', reason, withCall(message, asked), {
    committed: asked.mode === 'read' ? 'no' : committed,
  });
}

function withCall(message: string, { call }: RemoteCall): string {
  return call === undefined ? message : `${call}: ${message}`;
}

/** A COMMIT during which the disk failed may turn out to be done when the file is opened again. */
function rolledBack(cause: unknown, state: string): Committed {
  return state === 'SQLITE_IOERR' && statementIndex(cause) === undefined ? 'unknown' : 'no';
}

function failingStatement(cause: unknown, statements: readonly Statement[]): Statement | undefined {
  const index = statementIndex(cause);
  return index === undefined ? undefined : statements[index];
}

/** The client reports which statement of the batch failed; BEGIN and COMMIT have no number. */
function statementIndex(cause: unknown): number | undefined {
  const index: unknown = Reflect.get(Object(cause), 'statementIndex');
  return typeof index === 'number' ? index : undefined;
}

/** The client prefixes the server's message with the code. */
function messageOf(cause: unknown, code: string): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  return oneLine(message.startsWith(`${code}: `) ? message.slice(code.length + 2) : message);
}

function codeOf(cause: unknown): string {
  const code: unknown = Reflect.get(Object(cause), 'code');
  return typeof code === 'string' ? code : '';
}
