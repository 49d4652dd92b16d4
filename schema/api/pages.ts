import * as v from 'valibot';

/*
 * Lists in pages. A page begins behind a row's key, which stands in the cursor that the page before it ended with: rows
 * that come and go meanwhile move no other row from one page to the next.
 */

/** Rows of a page of our own lists where the request does not say, and of any page at most. */
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

/** A list in the order of a key that no two of its rows share. */
export interface List<RowKey extends Key> {
  /** A cursor of another list is none of this one. */
  readonly name: string;
  readonly key: v.GenericSchema<unknown, RowKey>;
}

/** What a request wants of a list; `limit` is null where it wants all that is left. */
export interface Page<RowKey extends Key> {
  readonly after: RowKey | null;
  readonly limit: number | null;
}

/** What it gets. */
export interface Part<Item, RowKey extends Key> {
  readonly items: readonly Item[];
  /** The key of the last one; null: there is none behind it. */
  readonly next: RowKey | null;
}

const NO_LIMIT = -2;

/** For `LIMIT :limit + 1`: that there is one row more tells that there is a next page. (A negative LIMIT is none.) */
export function limitOf({ limit }: Page<Key>): number {
  return limit ?? NO_LIMIT;
}

/** The rows of a page, of which there may be one too many. */
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

/** The query of a list of our own. */
export function ownPageSchema<RowKey extends Key>(list: List<RowKey>) {
  return v.strictObject({
    limit: v.optional(wholeNumber(1, PAGE_MAX), `${PAGE_DEFAULT}`),
    after: v.optional(cursorSchema(list), null),
  });
}

/** The query of a list of the seeds, which knew no pages, and looked at no other parameter either. */
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

/** A key as clients see it: a text that says nothing to them. */
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

/** The key of rows in the order in which they were made. */
export const createdKeySchema = v.strictTuple([v.pipe(v.number(), v.safeInteger()), v.string()]);
export type CreatedKey = v.InferOutput<typeof createdKeySchema>;

/** Comes before every such key. */
export const FIRST_CREATED: CreatedKey = [-1, ''];
