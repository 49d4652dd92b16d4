import type { CommitListener } from '../../schema/database/database.ts';
import { type Call, DatabaseDecorator, type Execute } from '../support/database-decorator.ts';

/** A database for one executor until that is dropped: its later calls do not reach the database. */
export class Gate extends DatabaseDecorator {
  readonly #ends: (() => void)[] = [];
  #shut = false;

  shut(): void {
    this.#shut = true;
    for (const end of this.#ends) end();
  }

  override subscribe(listener: CommitListener, when?: 'early'): () => void {
    const end = super.subscribe(listener, when);
    this.#ends.push(end);
    return end;
  }

  /** The database itself outlives the gate. */
  override close(): void {}

  /** Calls of a dropped executor are never answered. */
  protected async around<Answer>(_call: Call, execute: Execute<Answer>): Promise<Answer> {
    return this.#shut ? new Promise(() => undefined) : execute();
  }
}
