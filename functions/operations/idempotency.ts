import type { MiddlewareHandler } from 'hono';
import { type Database, guard, type Statement, statement } from '../../schema/database/database.ts';
import { Problem } from '../../schema/problem.ts';
import type { AppContext, AppEnvironment } from '../http/context.ts';
import { type IdempotencyKey, readIdempotencyKey } from '../http/idempotency-key.ts';
import { type AcceptedOperation, selectByKey } from './operation.ts';

const writes: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

/**
 * Reads the key of a write. The write's own batch checks whether the key was used before: see {@link accept}. For a
 * write that is refused before its batch, the key is looked up here: the use of a key for another request takes
 * precedence over other errors.
 */
export function idempotency(): MiddlewareHandler<AppEnvironment> {
  return async (c, next) => {
    const key = writes.has(c.req.method) ? await readIdempotencyKey(c) : undefined;
    c.set('idempotencyKey', key);
    await next();
    if (c.get('idempotencyKey') !== undefined && c.error instanceof Problem && c.error.code !== 'unavailable') {
      await findKey(c);
    }
  };
}

/**
 * The operation that already has the request's key; looked up once. Throws {@link Problem} 422 like {@link findByKey}.
 */
export async function findKey(c: AppContext): Promise<AcceptedOperation | undefined> {
  const key = c.get('idempotencyKey');
  c.set('idempotencyKey', undefined);
  return key && findByKey(c.get('settings').database, key);
}

/** Aborts a batch whose key is in use; a repeated request need not satisfy the other conditions. */
export const KEY_TAKEN = 'key_taken';

export function guardKey({ scope, key }: IdempotencyKey): Statement<never> {
  return guard(KEY_TAKEN, 'NOT EXISTS (SELECT 1 FROM operations WHERE key_scope = :scope AND key = :key)', {
    scope,
    key,
  });
}

/** Gives the operation its key. */
export function keepKey(operation: string, { scope, key, hash }: IdempotencyKey): Statement<never> {
  return statement('UPDATE operations SET key_scope = :scope, key = :key, key_hash = :hash WHERE id = :operation', {
    operation,
    scope,
    key,
    hash,
  });
}

/** The operation that already has this key, if any. Throws {@link Problem} 422 if it has another request. */
export async function findByKey(
  database: Database,
  { scope, key, hash }: IdempotencyKey,
): Promise<AcceptedOperation | undefined> {
  const [rows] = await database.read([selectByKey(scope, key)], { call: 'key' });
  const [row] = rows;
  if (row !== undefined && row.key_hash !== hash) {
    throw new Problem('impossible', `Idempotency-Key ${key} was used for another request (operation ${row.id})`, {
      hint: 'Send a new key with a new request',
      errors: [{ parameter: 'Idempotency-Key', detail: 'was used for another request' }],
    });
  }
  return row;
}
