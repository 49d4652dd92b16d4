/*
 * The messages of Hrana 2 over HTTP as JSON, as far as `@libsql/client` sends them for a batch; interactive
 * transactions, which weft does not use, are omitted.
 */

export type HranaValue =
  | { type: 'null' }
  | { type: 'integer'; value: string }
  | { type: 'float'; value: number }
  | { type: 'text'; value: string };

export interface StatementMessage {
  sql?: string;
  sql_id?: number;
  args: HranaValue[];
  named_args: { name: string; value: HranaValue }[];
}

export type Condition =
  | { type: 'ok' | 'error'; step: number }
  | { type: 'not'; cond: Condition }
  | { type: 'and' | 'or'; conds: Condition[] }
  | { type: 'is_autocommit' };

export interface Step {
  condition?: Condition;
  stmt: StatementMessage;
}

export type StreamRequest =
  | { type: 'execute'; stmt: StatementMessage }
  | { type: 'batch'; batch: { steps: Step[] } }
  | { type: 'store_sql'; sql_id: number; sql: string }
  | { type: 'close_sql'; sql_id: number }
  | { type: 'close' };

export interface StatementResult {
  cols: { name: string }[];
  rows: HranaValue[][];
  affected_row_count: number;
  last_insert_rowid: string | null;
}

export interface BatchResult {
  step_results: (StatementResult | null)[];
  step_errors: (HranaError | null)[];
}

export interface HranaError {
  message: string;
  code: string;
}

export type StreamResult = { type: 'ok'; response: object } | { type: 'error'; error: HranaError };

export const emptyResult: StatementResult = { cols: [], rows: [], affected_row_count: 0, last_insert_rowid: null };

export function fromHrana(value: HranaValue): string | number | bigint | null {
  switch (value.type) {
    case 'null':
      return null;
    case 'integer':
      return BigInt(value.value);
    default:
      return value.value;
  }
}

export function toHrana(value: unknown): HranaValue {
  if (value === null) return { type: 'null' };
  if (typeof value === 'number') {
    return Number.isInteger(value) ? { type: 'integer', value: String(value) } : { type: 'float', value };
  }
  return { type: 'text', value: String(value) };
}

export function hranaError(error: unknown): HranaError {
  const code = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  return {
    message: error instanceof Error ? error.message : String(error),
    code: typeof code === 'string' ? code : 'SQLITE_ERROR',
  };
}

/** The texts of a pipeline's statements: their own, or those stored under their number. */
export class SqlTexts {
  readonly #stored = new Map<number, string>();

  store(id: number, sql: string): void {
    this.#stored.set(id, sql);
  }

  forget(id: number): void {
    this.#stored.delete(id);
  }

  of({ sql, sql_id }: StatementMessage): string {
    return sql ?? this.#stored.get(sql_id ?? -1) ?? '';
  }
}
