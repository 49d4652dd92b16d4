import { cursorOf, type Key, type List, ownPageSchema, type Page, seedPageSchema } from '../../schema/api/pages.ts';
import type { AppContext } from './context.ts';
import { queryParameters } from './parameters.ts';

/** The requested page of one of weft's own lists. Throws a 400. */
export function ownPage<RowKey extends Key>(c: AppContext, list: List<RowKey>): Page<RowKey> {
  return queryParameters(c, ownPageSchema(list));
}

/** The requested page of a list of an older daemon: all of it unless there is a `limit`. Throws a 400. */
export function seedPage<RowKey extends Key>(c: AppContext, list: List<RowKey>): Page<RowKey> {
  return queryParameters(c, seedPageSchema(list));
}

/** The member of the body that refers to the next page. */
export function nextOf(list: List<Key>, next: Key | null): { next?: string } {
  return next === null ? {} : { next: cursorOf(list, next) };
}

/** The body of an older daemon's list has no member for the next page, so it is a `Link` header (RFC 8288). */
export function linkNext(c: AppContext, list: List<Key>, next: Key | null): void {
  if (next === null) return;
  const { pathname, searchParams } = new URL(c.req.url);
  searchParams.set('after', cursorOf(list, next));
  c.header('link', `<${pathname}?${searchParams}>; rel="next"`);
}
