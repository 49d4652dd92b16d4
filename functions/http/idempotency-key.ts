import { Problem } from '../../schema/problem.ts';
import { bodyText } from './body-text.ts';
import type { AppContext } from './context.ts';

/** A client's key for one write: a request with the same key and the same content is the same operation. */
export interface IdempotencyKey {
  /** The principal: two principals may choose the same key. */
  readonly scope: string;
  readonly key: string;
  /** Of method, path, query and body: a key is valid for one request only. */
  readonly hash: string;
}

/** The request's `Idempotency-Key`. Throws {@link Problem} 400 unless it is 1 to 255 visible characters. */
export async function readIdempotencyKey(c: AppContext): Promise<IdempotencyKey | undefined> {
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
