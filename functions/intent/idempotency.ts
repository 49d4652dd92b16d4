import type { MiddlewareHandler } from 'hono';
import { type Database, guard, type Statement, statement } from '../../schema/database/database.ts';
import { Problem } from '../../schema/problem.ts';
import type { AppContext, AppEnvironment } from '../context.ts';
import { bodyText } from '../middleware/body-text.ts';
import { type AcceptedOperation, selectByKey } from './operation.ts';

/** A client's name for one write: sent again with the same request it is the same operation. */
export interface IdempotencyKey {
  /** Whose key it is: two principals may choose the same. */
  readonly scope: string;
  readonly key: string;
  /** Of method, path, query and body: a key is not used twice for different things. */
  readonly hash: string;
}

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

/** What the client sent as `Idempotency-Key`. Throws {@link Problem} 400 for one that is no 1 to 255 visible characters. */
async function readIdempotencyKey(c: AppContext): Promise<IdempotencyKey | undefined> {
  const key = c.req.header('idempotency-key');
  if (key === undefined) return undefined;
  if (!/^[\x21-\x7e]{1,255}$/.test(key)) {
    throw new Problem('malformed', 'Idempotency-Key must be 1 to 255 visible ASCII characters without blanks', {
      errors: [{ parameter: 'Idempotency-Key', detail: 'must be 1 to 255 visible ASCII characters without blanks' }],
    });
  }
  const { search } = new URL(c.req.url);
  const request = `${c.req.method} ${c.req.path.replace(/\/$/, '')}${search}\n${await bodyText(c)}`;
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(request)));
  const hash = Array.from(digest, (octet) => octet.toString(16).padStart(2, '0')).join('');
  return { scope: c.get('principal'), key, hash };
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
