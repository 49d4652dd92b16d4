import type { AppContext } from '../../http/context.ts';
import { answerJson } from '../../http/json.ts';
import type { OperationRow } from '../../operations/operation.ts';
import {
  type Encode,
  orAsRecorded,
  type Prepare,
  submit,
  submitRemoval,
  submitToEnd,
} from '../../operations/submit.ts';

/*
 * Answers to writes: with the document's statuses, or with those that the old agent's real client expects: 201 and 204,
 * never 202. It knows no `Prefer`, so there that is not applied.
 */

/** Whether clients of the old agent are answered as they expect. */
export function isForAgent(c: AppContext): boolean {
  return c.get('settings').computeStatus === 'agent';
}

/** What a write answers that creates or changes something: its current state, else its state after the write. */
export interface Answered {
  /** Reads it on a hypervisor, given by its id. Throws a 404 if it is gone since. */
  readonly read: (hypervisor: string) => Promise<unknown>;
  /** What the request has made of it, on a hypervisor, given by its name; `row`: its operation. */
  readonly recorded: (hypervisor: string, row: OperationRow) => unknown;
}

export function submitCreation(c: AppContext, prepare: Prepare, answered: Answered): Promise<Response> {
  return submitChange(c, prepare, answered, 201);
}

/** `agentStatus`: of the answer to a client of the old agent; 204: without a body. */
export function submitChange(
  c: AppContext,
  prepare: Prepare,
  { read, recorded }: Answered,
  agentStatus: 200 | 201 | 204,
): Promise<Response> {
  const forAgent = isForAgent(c);
  if (forAgent && agentStatus === 204) return submitToEnd(c, prepare, () => c.body(null, 204));
  const status = forAgent && agentStatus === 201 ? 201 : 200;
  const encode: Encode = orAsRecorded(
    c,
    async ({ hypervisor }) => answerJson(c, await read(hypervisor ?? ''), status),
    (row) => answerJson(c, recorded(row.hypervisor_name ?? '', row), status),
  );
  return forAgent ? submitToEnd(c, prepare, encode) : submit(c, prepare, encode);
}

/** Answers with what was deleted, as it was. */
export function submitDeletion(c: AppContext, prepare: Prepare): Promise<Response> {
  return isForAgent(c) ? submitToEnd(c, prepare, () => c.body(null, 204)) : submitRemoval(c, prepare);
}
