import { Problem } from '../../schema/problem.ts';
import { bodyText } from './body-text.ts';
import type { AppContext } from './context.ts';

/** A client's name for one write: sent again with the same request it is the same operation. */
export interface IdempotencyKey {
  /** Whose key it is: two principals may choose the same. */
  readonly scope: string;
  readonly key: string;
  /** Of method, path, query and body: a key is not used twice for different things. */
  readonly hash: string;
}

/** What the client sent as `Idempotency-Key`. Throws {@link Problem} 400 for one that is no 1 to 255 visible characters. */
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
