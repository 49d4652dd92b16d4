import { type Call, DatabaseDecorator, type Execute } from './database-decorator.ts';

/** A call as it was made: over HTTP it is one request. */
export interface CountedCall {
  readonly call: string;
  readonly mode: 'read' | 'write';
  readonly statements: number;
}

/** The same database, which keeps what it was asked. */
export class CountingDatabase extends DatabaseDecorator {
  readonly calls: CountedCall[] = [];

  /** How often each call was made since the last time, by its name. */
  take(): Record<string, number> {
    const taken = Map.groupBy(this.calls.splice(0), ({ call }) => call);
    return Object.fromEntries([...taken].map(([call, all]) => [call, all.length]));
  }

  protected around<Answer>({ name, mode, statements }: Call, execute: Execute<Answer>): Promise<Answer> {
    this.calls.push({ call: name, mode, statements: statements.length });
    return execute();
  }
}
