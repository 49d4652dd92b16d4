import type {
  CallOptions,
  CommitListener,
  Database,
  Rows,
  Statement,
  WriteOptions,
} from '../../schema/database/database.ts';

/** A call to the database. */
export interface Call {
  readonly name: string;
  readonly mode: 'read' | 'write';
  readonly statements: readonly Statement[];
}

/** Makes the call, on the given database instead of the decorated one if there is one. */
export type Execute<Answer> = (database?: Database) => Promise<Answer>;

/** A database that intercepts calls. */
export abstract class DatabaseDecorator implements Database {
  readonly #inner: Database;

  constructor(inner: Database) {
    this.#inner = inner;
  }

  /** Answers the call, by making it or otherwise. */
  protected abstract around<Answer>(call: Call, execute: Execute<Answer>): Promise<Answer>;

  write<const Statements extends readonly Statement[]>(
    statements: Statements,
    options: WriteOptions = {},
  ): Promise<Rows<Statements>> {
    const { call = 'unnamed' } = options;
    return this.around({ name: call, mode: 'write', statements }, (database = this.#inner) =>
      database.write(statements, options),
    );
  }

  read<const Statements extends readonly Statement[]>(
    statements: Statements,
    options: CallOptions = {},
  ): Promise<Rows<Statements>> {
    const { call = 'unnamed' } = options;
    return this.around({ name: call, mode: 'read', statements }, (database = this.#inner) =>
      database.read(statements, options),
    );
  }

  subscribe(listener: CommitListener, when?: 'early'): () => void {
    return this.#inner.subscribe(listener, when);
  }

  close(): void {
    this.#inner.close();
  }
}
