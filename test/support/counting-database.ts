import type {
  CallOptions,
  CommitListener,
  Database,
  Rows,
  Statement,
  WriteOptions,
} from '../../schema/database/database.ts';

/** A call as it was made: over HTTP it is one request. */
export interface CountedCall {
  readonly call: string;
  readonly mode: 'read' | 'write';
  readonly statements: number;
}

/** The same database, which keeps what it was asked. */
export class CountingDatabase implements Database {
  readonly calls: CountedCall[] = [];
  readonly #inner: Database;

  constructor(inner: Database) {
    this.#inner = inner;
  }

  /** How often each call was made since the last time, by its name. */
  take(): Record<string, number> {
    const taken = Map.groupBy(this.calls.splice(0), ({ call }) => call);
    return Object.fromEntries([...taken].map(([call, all]) => [call, all.length]));
  }

  write<const Statements extends readonly Statement[]>(
    statements: Statements,
    options: WriteOptions = {},
  ): Promise<Rows<Statements>> {
    this.#note('write', statements, options);
    return this.#inner.write(statements, options);
  }

  read<const Statements extends readonly Statement[]>(
    statements: Statements,
    options: CallOptions = {},
  ): Promise<Rows<Statements>> {
    this.#note('read', statements, options);
    return this.#inner.read(statements, options);
  }

  subscribe(listener: CommitListener, when?: 'early'): () => void {
    return this.#inner.subscribe(listener, when);
  }

  close(): void {
    this.#inner.close();
  }

  #note(mode: CountedCall['mode'], statements: readonly Statement[], { call = 'unnamed' }: CallOptions): void {
    this.calls.push({ call, mode, statements: statements.length });
  }
}
