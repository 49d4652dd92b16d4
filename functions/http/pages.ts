import { cursorOf, type Key, type List, ownPageSchema, type Page, seedPageSchema } from '../../schema/api/pages.ts';
import type { AppContext } from './context.ts';
import { queryParameters } from './parameters.ts';

/** The page that a request wants of a list of our own. Throws a 400. */
export function ownPage<RowKey extends Key>(c: AppContext, list: List<RowKey>): Page<RowKey> {
  return queryParameters(c, ownPageSchema(list));
}

/** The page that a request wants of a list of the seeds: all of it unless it has a `limit`. Throws a 400. */
export function seedPage<RowKey extends Key>(c: AppContext, list: List<RowKey>): Page<RowKey> {
  return queryParameters(c, seedPageSchema(list));
}

/** What the body of a page of our own says of the next one. */
export function nextOf(list: List<Key>, next: Key | null): { next?: string } {
  return next === null ? {} : { next: cursorOf(list, next) };
}

/** A list of the seeds has no room for the next page in its body (RFC 8288). */
export function linkNext(c: AppContext, list: List<Key>, next: Key | null): void {
  if (next === null) return;
  const { pathname, searchParams } = new URL(c.req.url);
  searchParams.set('after', cursorOf(list, next));
  c.header('link', `<${pathname}?${searchParams}>; rel="next"`);
}
