import { type Call, DatabaseDecorator, type Execute } from './database-decorator.ts';

/** A call to the database: over HTTP it is one request. */
export interface CountedCall {
  readonly call: string;
  readonly mode: 'read' | 'write';
  readonly statements: number;
}

/** The same database, which records its calls. */
export class CountingDatabase extends DatabaseDecorator {
  readonly calls: CountedCall[] = [];

  /** The number of calls since the last time, by name. */
  take(): Record<string, number> {
    const taken = Map.groupBy(this.calls.splice(0), ({ call }) => call);
    return Object.fromEntries([...taken].map(([call, all]) => [call, all.length]));
  }

  protected around<Answer>({ name, mode, statements }: Call, execute: Execute<Answer>): Promise<Answer> {
    this.calls.push({ call: name, mode, statements: statements.length });
    return execute();
  }
}
