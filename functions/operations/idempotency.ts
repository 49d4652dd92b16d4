import type { MiddlewareHandler } from 'hono';
import { type Database, guard, type Statement, statement } from '../../schema/database/database.ts';
import { Problem } from '../../schema/problem.ts';
import type { AppContext, AppEnvironment } from '../http/context.ts';
import { type IdempotencyKey, readIdempotencyKey } from '../http/idempotency-key.ts';
import { type AcceptedOperation, selectByKey } from './operation.ts';

const writes: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

/**
 * Reads the key of a write. Whether it was given before, the write's own batch finds out: see {@link accept}. Of a
 * write that is refused before it comes to that it is looked up here: a key that was used for another request is what
 * is wrong first.
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

/** The operation that the request's key named before; asked once. Throws {@link Problem} 422 as {@link findByKey}. */
export async function findKey(c: AppContext): Promise<AcceptedOperation | undefined> {
  const key = c.get('idempotencyKey');
  c.set('idempotencyKey', undefined);
  return key && findByKey(c.get('settings').database, key);
}

/** Aborts a batch whose key came before; for the second time nothing else of it need hold. */
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

/** The operation that this key named before, if any. Throws {@link Problem} 422 when it was for another request. */
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
