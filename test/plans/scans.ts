import type { DatabaseSync } from 'node:sqlite';

/** A statement that goes through all rows of a table, or of an index. */
export interface Scan {
  readonly table: string;
  /** With single spaces. */
  readonly statement: string;
  /** What SQLite says of it. */
  readonly detail: string;
}

/** What follows a table's name and is no name for it. */
const keywords = new Set(
  'as on set where cross inner left join natural order group having limit union values select from returning not default indexed'.split(
    ' ',
  ),
);

/** Whether the plan of a statement can be asked for: it reads or writes rows. */
export function hasPlan(sql: string): boolean {
  return /^\s*(WITH|SELECT|INSERT|UPDATE|DELETE|REPLACE)\b/i.test(sql);
}

/**
 * The scans of a statement. Not among them: rows that the statement has made itself (json_each of an argument, a
 * subquery, a CTE). Those are as many as what it was given, or as what it found in tables, which is another line of the plan.
 */
export function scansOf(database: DatabaseSync, tables: readonly string[], sql: string): Scan[] {
  const names = namesOfTables(sql, tables);
  const plan = database.prepare(`EXPLAIN QUERY PLAN ${sql}`);
  plan.setAllowBareNamedParameters(true);
  return plan.all().flatMap((row) => {
    const detail = String(row.detail);
    const name = scanned(detail);
    const table = name === undefined ? undefined : names.get(name);
    return table === undefined ? [] : [{ table, statement: sql.replace(/\s+/g, ' ').trim(), detail }];
  });
}

/**
 * What a line of the plan goes through as a whole, or perhaps: an automatic index is made of all rows, each time; what a
 * bare comparison chooses (`parent>?` stands for `parent IS NOT NULL`, too) may be all; and SQLite calls it a SEARCH, too,
 * when it looks at all rows for a min() or max().
 */
function scanned(detail: string): string | undefined {
  const line =
    /^SCAN (\S+)(?! VIRTUAL TABLE)( |$)/.exec(detail) ??
    /^SEARCH (\S+) USING AUTOMATIC /.exec(detail) ??
    /^SEARCH (\S+) USING [^(=]*\([^=]*\)$/.exec(detail) ??
    /^SEARCH (\S+)( USING (COVERING )?INDEX \S+)?$/.exec(detail);
  return line?.[1];
}

/** The tables that a statement names, by what it calls them. A name that is a table somewhere counts as one everywhere. */
function namesOfTables(sql: string, tables: readonly string[]): ReadonlyMap<string, string> {
  const named = new RegExp(`\\b(${tables.join('|')})\\b(?:\\s+(?:AS\\s+)?([A-Za-z_]\\w*))?`, 'gi');
  return new Map(
    [...sql.matchAll(named)].map(([, table = '', alias]): [string, string] =>
      alias === undefined || keywords.has(alias.toLowerCase()) ? [table, table] : [alias, table],
    ),
  );
}
