import * as v from 'valibot';

/*
 * Paginated lists. A page starts after the key of a row, which is in the cursor of the previous page: rows that are
 * added or removed meanwhile move no other row to another page.
 */

/** Default size of a page of weft's own lists, and the maximum of any page. */
export const PAGE_DEFAULT = 100;
export const PAGE_MAX = 1000;

export const wholeNumber = (minimum: number, maximum: number) =>
  v.pipe(
    v.string(),
    v.regex(/^-?\d{1,15}$/, 'must be a whole number'),
    v.transform(Number),
    v.minValue(minimum, `must be at least ${minimum}`),
    v.maxValue(maximum, `must be at most ${maximum}`),
  );

export type Key = readonly (string | number)[];

/** A list, ordered by a unique key. */
export interface List<RowKey extends Key> {
  /** A cursor is valid for one list only. */
  readonly name: string;
  readonly key: v.GenericSchema<unknown, RowKey>;
}

/** A requested page; `limit` is null if all remaining rows are requested. */
export interface Page<RowKey extends Key> {
  readonly after: RowKey | null;
  readonly limit: number | null;
}

/** A page as it was read. */
export interface Part<Item, RowKey extends Key> {
  readonly items: readonly Item[];
  /** The key of its last row; null: there is no next page. */
  readonly next: RowKey | null;
}

const NO_LIMIT = -2;

/** For `LIMIT :limit + 1`: one row more shows that there is a next page. (A negative LIMIT means no limit.) */
export function limitOf({ limit }: Page<Key>): number {
  return limit ?? NO_LIMIT;
}

/** The rows of a page, given one row too many if there is a next page. */
export function partOf<Row, RowKey extends Key>(
  rows: readonly Row[],
  { limit }: Page<RowKey>,
  keyOf: (row: Row) => RowKey,
): Part<Row, RowKey> {
  if (limit === null || rows.length <= limit) return { items: rows, next: null };
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, next: last === undefined ? null : keyOf(last) };
}

/** The query of one of weft's own lists. */
export function ownPageSchema<RowKey extends Key>(list: List<RowKey>) {
  return v.strictObject({
    limit: v.optional(wholeNumber(1, PAGE_MAX), `${PAGE_DEFAULT}`),
    after: v.optional(cursorSchema(list), null),
  });
}

/** The query of a list of an older daemon, which had no pages and ignored other parameters. */
export function seedPageSchema<RowKey extends Key>(list: List<RowKey>) {
  return v.object({
    limit: v.optional(v.nullable(wholeNumber(1, PAGE_MAX)), null),
    after: v.optional(cursorSchema(list), null),
  });
}

function cursorSchema<RowKey extends Key>({ name, key }: List<RowKey>) {
  return v.nullable(
    v.pipe(
      v.string(),
      v.rawTransform(({ dataset, addIssue, NEVER }): RowKey => {
        const result = v.safeParse(key, keyIn(dataset.value, name));
        if (result.success) return result.output;
        addIssue({ message: 'invalid cursor: use the value that the previous page returned' });
        return NEVER;
      }),
    ),
  );
}

/** A key as an opaque cursor for clients. */
export function cursorOf({ name }: List<Key>, key: Key): string {
  const bytes = new TextEncoder().encode(JSON.stringify([name, ...key]));
  const base64 = btoa(String.fromCharCode(...bytes));
  return base64.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

function keyIn(cursor: string, name: string): unknown {
  try {
    const text = atob(cursor.replaceAll('-', '+').replaceAll('_', '/'));
    const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
    const [list, ...key]: unknown[] = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return list === name ? key : undefined;
  } catch {
    return undefined;
  }
}

/** Key of rows in the order of their creation. */
export const createdKeySchema = v.strictTuple([v.pipe(v.number(), v.safeInteger()), v.string()]);
export type CreatedKey = v.InferOutput<typeof createdKeySchema>;

/** Precedes every such key. */
export const FIRST_CREATED: CreatedKey = [-1, ''];
