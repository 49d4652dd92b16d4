import type { DatabaseSync } from 'node:sqlite';

/** A statement that reads all rows of a table, or of an index. */
export interface Scan {
  readonly table: string;
  /** With single spaces. */
  readonly statement: string;
  /** SQLite's description of it. */
  readonly detail: string;
}

/** Keywords that may follow a table's name and are not an alias. */
const keywords = new Set(
  'as on set where cross inner left join natural order group having limit union values select from returning not default indexed'.split(
    ' ',
  ),
);

/** Whether a statement has a plan: it reads or writes rows. */
export function hasPlan(sql: string): boolean {
  return /^\s*(WITH|SELECT|INSERT|UPDATE|DELETE|REPLACE)\b/i.test(sql);
}

/**
 * The scans of a statement. Scans of rows that the statement has produced itself (json_each of an argument, a subquery,
 * a CTE) are not included: their number follows from its arguments, or from what it found in tables, which is another
 * line of the plan. A search for one value in one of the `unselective` indexes counts as a scan.
 */
export function scansOf(
  database: DatabaseSync,
  tables: readonly string[],
  sql: string,
  unselective: readonly string[] = [],
): Scan[] {
  const names = namesOfTables(sql, tables);
  const plan = database.prepare(`EXPLAIN QUERY PLAN ${sql}`);
  plan.setAllowBareNamedParameters(true);
  return plan.all().flatMap((row) => {
    const detail = String(row.detail);
    const name = scanned(detail) ?? searched(detail, unselective);
    const table = name === undefined ? undefined : names.get(name);
    return table === undefined ? [] : [{ table, statement: sql.replace(/\s+/g, ' ').trim(), detail }];
  });
}

/**
 * What a line of the plan scans completely, or possibly: an automatic index is built from all rows, each time; a bare
 * comparison (`parent>?` also stands for `parent IS NOT NULL`) may select all; and SQLite also calls it a SEARCH when
 * it reads all rows for a min() or max().
 */
function scanned(detail: string): string | undefined {
  const line =
    /^SCAN (\S+)(?! VIRTUAL TABLE)( |$)/.exec(detail) ??
    /^SEARCH (\S+) USING AUTOMATIC /.exec(detail) ??
    /^SEARCH (\S+) USING [^(=]*\([^=]*\)$/.exec(detail) ??
    /^SEARCH (\S+)( USING (COVERING )?INDEX \S+)?$/.exec(detail);
  return line?.[1];
}

/** A search in one of these indexes by their value alone; with a key beside it, it is a lookup. */
function searched(detail: string, indexes: readonly string[]): string | undefined {
  const [, table, index = ''] =
    /^SEARCH (\S+) USING (?:COVERING )?INDEX (\S+) \(\w+=\?(?: AND rowid[<>]\?)*\)$/.exec(detail) ?? [];
  return indexes.includes(index) ? table : undefined;
}

/** The tables of a statement, by their aliases. A name that is a table anywhere counts as one everywhere. */
function namesOfTables(sql: string, tables: readonly string[]): ReadonlyMap<string, string> {
  const named = new RegExp(`\\b(${tables.join('|')})\\b(?:\\s+(?:AS\\s+)?([A-Za-z_]\\w*))?`, 'gi');
  return new Map(
    [...sql.matchAll(named)].map(([, table = '', alias]): [string, string] =>
      alias === undefined || keywords.has(alias.toLowerCase()) ? [table, table] : [alias, table],
    ),
  );
}
