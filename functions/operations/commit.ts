import { type Database, DatabaseError, guard, type Statement, statement } from '../../schema/database/database.ts';
import { Problem } from '../../schema/problem.ts';
import { isLogged } from '../../schema/statements/unlogged.ts';
import { notRecorded } from '../http/database-problem.ts';
import type { IdempotencyKey } from '../http/idempotency-key.ts';
import { findByKey, guardKey, KEY_TAKEN, keepKey } from './idempotency.ts';
import type { Intent } from './intent.ts';
import { type AcceptedOperation, selectAccepted, selectOperation } from './operation.ts';
import { pause } from './pause.ts';

const RECORDED = 'recorded';

/**
 * Aborts a batch that the database executes for the second time, for example behind a proxy that repeats a request
 * without an answer.
 */
function guardRecorded(operation: string): Statement<never> {
  return guard(RECORDED, 'NOT EXISTS (SELECT 1 FROM operations WHERE id = :operation)', { operation });
}

const acceptedEvents = (which: string) => `
  INSERT INTO events (at_ms, hypervisor, type, subject, data)
  SELECT created_ms, hypervisor, CASE status WHEN 'succeeded' THEN 'operation.succeeded' ELSE 'operation.accepted' END,
    coalesce(resource, 'operations/' || id), json_object('operation', id, 'kind', kind)
  FROM operations WHERE (${which}) AND ${isLogged} ORDER BY sequence`;

const acceptedEvent = acceptedEvents('id = :operation');
const acceptedWithParts = acceptedEvents(
  'id = :operation OR parent = (SELECT sequence FROM operations WHERE id = :operation)',
);

export interface CommitOptions {
  readonly key?: IdempotencyKey | undefined;
  /** Returns all columns of the operation. */
  readonly whole?: boolean;
}

/**
 * Records an intent: desired state, operation and event, all or nothing. Returns the operation as accepted, or the one
 * that has the key already. Throws the {@link Problem} that prevents it.
 */
export async function commit(
  database: Database,
  intent: Intent,
  options: CommitOptions = {},
): Promise<AcceptedOperation> {
  try {
    return await write(database, intent, options);
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    return recordedOrRefused(database, intent, options.key, error);
  }
}

async function write(database: Database, intent: Intent, { key, whole }: CommitOptions): Promise<AcceptedOperation> {
  const { operation, statements, isAmended, isLarge } = intent;
  // The row that the insertion returns is complete, unless other statements change it.
  const selects = whole ? [selectOperation(operation)] : isAmended ? [selectAccepted(operation)] : [];
  const before = [guardRecorded(operation), ...(key ? [guardKey(key)] : [])];
  const batch = [
    ...before,
    ...statements,
    ...(key ? [keepKey(operation, key)] : []),
    statement(isAmended ? acceptedWithParts : acceptedEvent, { operation }),
    ...selects,
  ];
  // Executors are notified; no request waits for the acceptance of an operation.
  const rows = await database.write(batch, { audience: 'executors', call: 'accept', isLarge });
  const [accepted] = rows.at(selects.length > 0 ? -1 : before.length) ?? [];
  if (accepted === undefined) throw new DatabaseError('fault', operation, `operation ${operation} was not recorded`);
  return accepted as AcceptedOperation;
}

/** The operation, if the batch, or another one with its key, was committed. */
async function recordedOrRefused(
  database: Database,
  intent: Intent,
  key: IdempotencyKey | undefined,
  error: DatabaseError,
): Promise<AcceptedOperation> {
  const { code, reason, committed } = error;
  if (committed === 'unknown' || (code === 'guard' && reason === RECORDED)) {
    return lookUp(database, intent.operation, key, error);
  }
  const earlier = code === 'guard' && reason === KEY_TAKEN && key ? await findByKey(database, key) : undefined;
  if (earlier !== undefined) return earlier;
  if (code === 'guard' || code === 'constraint') throw (await intent.refusal(error)) ?? error;
  throw error.isAway ? notRecorded(error) : error;
}

/**
 * Pauses before each lookup of a batch whose answer was lost, in milliseconds: the server may still be executing it.
 */
const LOOKUP_PAUSES = [0, 100, 400];

/**
 * Finds out whether a batch whose answer was lost was committed. Throws a 503 if that stays unknown: a batch that is
 * not committed yet may still be.
 */
async function lookUp(
  database: Database,
  operation: string,
  key: IdempotencyKey | undefined,
  lost: DatabaseError,
): Promise<AcceptedOperation> {
  for (const milliseconds of LOOKUP_PAUSES) {
    await pause(milliseconds);
    const found = await findRecorded(database, operation, key);
    if (found !== undefined) return found;
  }
  const otherwise = key ? ', or repeat with the same Idempotency-Key' : '';
  throw new Problem(
    'unavailable',
    `unknown whether the operation was recorded; check GET /operations/${operation}${otherwise}`,
    {
      hint: key
        ? undefined
        : 'A repeated request may create a second operation: send an Idempotency-Key with each write',
      cause: lost,
      headers: { 'operation-id': operation },
    },
  );
}

async function findRecorded(
  database: Database,
  operation: string,
  key: IdempotencyKey | undefined,
): Promise<AcceptedOperation | undefined> {
  try {
    const [[found]] = await database.read([selectAccepted(operation)], { call: 'accepted' });
    return found ?? (key && (await findByKey(database, key)));
  } catch (error) {
    if (error instanceof DatabaseError) return undefined;
    throw error;
  }
}
