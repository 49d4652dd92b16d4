import type Libsql from 'libsql';
import {
  type BatchResult,
  type Condition,
  fromHrana,
  type HranaError,
  hranaError,
  SqlTexts,
  type StatementMessage,
  type StatementResult,
  type Step,
  type StreamRequest,
  type StreamResult,
  toHrana,
} from './hrana.ts';

/** sqld rejects an answer whose rows are larger. */
class AnswerTooLarge extends Error {
  readonly code = 'RESPONSE_TOO_LARGE';
}

/** One client's stream: its statements share a connection and the texts that it stored. */
export class Stream {
  readonly #database: Libsql.Database;
  readonly #answerLimitBytes: number;
  readonly #texts = new SqlTexts();
  #bytes = 0;

  constructor(database: Libsql.Database, answerLimitBytes: number) {
    this.#database = database;
    this.#answerLimitBytes = answerLimitBytes;
  }

  /** A request that fails neither ends its pipeline nor changes the status of the answer. */
  serve(requests: readonly StreamRequest[]): StreamResult[] {
    return requests.map((request) => {
      try {
        return { type: 'ok', response: { type: request.type, ...this.#respond(request) } };
      } catch (error) {
        return { type: 'error', error: hranaError(error) };
      }
    });
  }

  #respond(request: StreamRequest): object {
    switch (request.type) {
      case 'execute':
        return { result: this.#execute(request.stmt) };
      case 'batch':
        return { result: this.#batch(request.batch.steps) };
      case 'store_sql':
        this.#texts.store(request.sql_id, request.sql);
        return {};
      case 'close_sql':
        this.#texts.forget(request.sql_id);
        return {};
      case 'close':
        return {};
    }
  }

  /** Steps whose condition is false are neither a result nor an error. */
  #batch(steps: readonly Step[]): BatchResult {
    const results: (StatementResult | null)[] = [];
    const errors: (HranaError | null)[] = [];
    for (const [index, { condition, stmt }] of steps.entries()) {
      results[index] = null;
      errors[index] = null;
      if (condition && !this.#holds(condition, results, errors)) continue;
      try {
        results[index] = this.#execute(stmt);
      } catch (error) {
        if (error instanceof AnswerTooLarge) throw error;
        errors[index] = hranaError(error);
      }
    }
    return { step_results: results, step_errors: errors };
  }

  #holds(condition: Condition, results: readonly unknown[], errors: readonly unknown[]): boolean {
    switch (condition.type) {
      case 'ok':
        return results[condition.step] !== null;
      case 'error':
        return errors[condition.step] !== null;
      case 'not':
        return !this.#holds(condition.cond, results, errors);
      case 'and':
        return condition.conds.every((each) => this.#holds(each, results, errors));
      case 'or':
        return condition.conds.some((each) => this.#holds(each, results, errors));
      case 'is_autocommit':
        return !this.#database.inTransaction;
    }
  }

  #execute(message: StatementMessage): StatementResult {
    const prepared = this.#database.prepare(this.#texts.of(message));
    const bound =
      message.named_args.length > 0
        ? [
            Object.fromEntries(
              message.named_args.map(({ name, value }) => [name.replace(/^[:@$]/, ''), fromHrana(value)]),
            ),
          ]
        : message.args.map(fromHrana);
    if (!prepared.reader) {
      const { changes } = prepared.run(...bound);
      return { cols: [], rows: [], affected_row_count: changes, last_insert_rowid: null };
    }
    const rows = prepared.raw(true).all(...bound) as unknown[][];
    const cols = prepared.columns().map(({ name }) => ({ name }));
    return {
      cols,
      rows: rows.map((row) => row.map((value) => this.#answered(value))),
      affected_row_count: 0,
      last_insert_rowid: null,
    };
  }

  #answered(value: unknown): ReturnType<typeof toHrana> {
    this.#bytes += typeof value === 'string' ? value.length : 8;
    if (this.#bytes > this.#answerLimitBytes) throw new AnswerTooLarge('Response is too large');
    return toHrana(value);
  }
}
