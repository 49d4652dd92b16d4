import type {
  CallOptions,
  CommitListener,
  Database,
  Rows,
  Statement,
  WriteOptions,
} from '../../schema/database/database.ts';

/** A database as one executor sees it, until that is dropped: what it still asks for then does not reach the database. */
export class Gate implements Database {
  readonly #inner: Database;
  readonly #ends: (() => void)[] = [];
  #shut = false;

  constructor(inner: Database) {
    this.#inner = inner;
  }

  shut(): void {
    this.#shut = true;
    for (const end of this.#ends) end();
  }

  async write<const Statements extends readonly Statement[]>(
    statements: Statements,
    options?: WriteOptions,
  ): Promise<Rows<Statements>> {
    return this.#shut ? silence() : this.#inner.write(statements, options);
  }

  async read<const Statements extends readonly Statement[]>(
    statements: Statements,
    options?: CallOptions,
  ): Promise<Rows<Statements>> {
    return this.#shut ? silence() : this.#inner.read(statements, options);
  }

  subscribe(listener: CommitListener, when?: 'early'): () => void {
    const end = this.#inner.subscribe(listener, when);
    this.#ends.push(end);
    return end;
  }

  /** It is another's. */
  close(): void {}
}

/** Nothing that a dead process asked for is answered. */
function silence(): Promise<never> {
  return new Promise(() => undefined);
}
