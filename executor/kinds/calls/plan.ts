import { Problem } from '../../../schema/problem.ts';
import { EXECUTE } from '../../../schema/resources/calls.ts';
import type { Step } from '../resource.ts';

/** A call, as its operation has it. */
export interface Call {
  /** Id of the operation. */
  readonly id: string;
  readonly kind: string;
  readonly attempt: number;
  /** Of the container; null: it was removed since the request. */
  readonly container: string | null;
  readonly request: string;
}

/** The answer to the call of an attempt; undefined: there is none yet. */
export interface Answered {
  readonly answer: unknown;
}

export interface CallStep extends Step {
  readonly name: 'command.execute' | 'log.read';
  readonly item: string;
  readonly call: Call;
}

/**
 * A call is one step, until there is its answer. A command is run once: if an attempt was interrupted, nobody knows how far it
 * came. `null`: nothing is called, which undoes nothing.
 */
export function plan(call: Call | null, { answer }: Answered): CallStep[] {
  if (call === null || answer !== undefined) return [];
  if (call.container === null) throw new Problem('not_found', 'The container was removed meanwhile');
  if (call.kind !== EXECUTE) return [{ name: 'log.read', item: call.container, call }];
  if (call.attempt > 1) {
    throw new Problem('unavailable', 'The executor was interrupted: it is unknown whether the command has run', {
      hint: 'Look at what the command would have changed before it is sent again',
    });
  }
  return [{ name: 'command.execute', item: call.container, call }];
}
