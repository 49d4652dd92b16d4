import { createHash } from 'node:crypto';
import { type Call, DatabaseDecorator, type Execute } from '../support/database-decorator.ts';
import type { DatabaseFault } from './database-faults.ts';

/**
 * Which occurrences of a call fail. Not every other one: work of two calls that is restarted when one of them fails
 * would never get beyond the second.
 */
const isStruck = {
  once: (_call: string, ordinal: number) => ordinal === 0,
  often: (call: string, ordinal: number) => ordinal === 0 || isOneOfThree(`${call} ${ordinal}`),
} as const;

export type Occurrences = keyof typeof isStruck;

/** True for a third of all texts, deterministically. */
function isOneOfThree(text: string): boolean {
  return (createHash('md5').update(text).digest()[0] ?? 0) % 3 === 0;
}

export interface Plan {
  /** The calls that fail, each with its fault. */
  readonly faults: ReadonlyMap<string, DatabaseFault>;
  readonly occurrences: Occurrences;
}

/** A proxy between an executor and its database that knows the calls by their names and makes them fail as planned. */
export class FaultyDatabase extends DatabaseDecorator {
  readonly #counts = new Map<string, number>();
  readonly #answered = new Map<string, number>();
  /** How often each call has occurred since the plan was made. */
  #planned = new Map<string, number>();
  #plan: Plan | undefined;
  #strikes = 0;

  /** The names of all calls so far. */
  get calls(): string[] {
    return [...this.#counts.keys()].sort();
  }

  /** How often a call has been made. */
  count(call: string): number {
    return this.#counts.get(call) ?? 0;
  }

  /** How often a call was made, succeeded, and was answered. */
  answered(call: string): number {
    return this.#answered.get(call) ?? 0;
  }

  /** How often a call has failed since the plan was made. */
  get strikes(): number {
    return this.#strikes;
  }

  plan(plan: Plan): void {
    this.#plan = plan;
    this.#planned = new Map();
    this.#strikes = 0;
  }

  /** From now on all calls succeed. */
  mend(): void {
    this.#plan = undefined;
  }

  protected async around<Answer>({ name: call }: Call, execute: Execute<Answer>): Promise<Answer> {
    this.#counts.set(call, this.count(call) + 1);
    const fault = this.#faultOf(call);
    if (fault !== undefined) {
      this.#strikes += 1;
      return fault.strike(execute);
    }
    const answer = await execute();
    this.#answered.set(call, this.answered(call) + 1);
    return answer;
  }

  #faultOf(call: string): DatabaseFault | undefined {
    const fault = this.#plan?.faults.get(call);
    if (this.#plan === undefined || fault === undefined) return undefined;
    const before = this.#planned.get(call) ?? 0;
    this.#planned.set(call, before + 1);
    return isStruck[this.#plan.occurrences](call, before) ? fault : undefined;
  }
}
