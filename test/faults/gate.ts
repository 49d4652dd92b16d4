import type { CommitListener } from '../../schema/database/database.ts';
import { type Call, DatabaseDecorator, type Execute } from '../support/database-decorator.ts';

/** A database as one executor sees it, until that is dropped: what it still asks for then does not reach the database. */
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

  /** It is another's. */
  override close(): void {}

  /** Nothing that a dead process asked for is answered. */
  protected async around<Answer>(_call: Call, execute: Execute<Answer>): Promise<Answer> {
    return this.#shut ? new Promise(() => undefined) : execute();
  }
}
