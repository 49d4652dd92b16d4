import { type LogPage, type LogRequest, logRequestSchema } from '../../../schema/api/leviathan-calls.ts';
import { type Database, statement } from '../../../schema/database/database.ts';
import { Problem } from '../../../schema/problem.ts';
import { READ_LOG } from '../../../schema/statements/unlogged.ts';
import { defineCommand } from '../../operations/command.ts';
import type { CommandContext } from '../../operations/command-context.ts';
import { commit } from '../../operations/commit.ts';
import { type AcceptedOperation, isFinished } from '../../operations/operation.ts';
import { waitForOperation } from '../../operations/wait.ts';
import { BEGINS_WITHIN_MS, beginsSoon, callArguments, callGuards, callResource } from './call.ts';
import { ofContainer } from './host.ts';

/** Asks the host of a container for a page of its log. */
export const askForLog = defineCommand({
  kind: READ_LOG,
  role: 'operator',
  request: logRequestSchema,
  target: ofContainer,
  resource: callResource('logs'),
  status: 'pending',
  arguments: callArguments,
  guards: callGuards,
  rows: [beginsSoon],
});

export interface LogReader {
  /** How many reads of the database the answer may take. */
  readonly readBudget: number;
  /** Ends the wait for the answer. */
  readonly stopping?: AbortSignal | undefined;
}

/** A page of a container's log. No trace of the question stays. Throws a Problem. */
export async function readContainerLog(
  context: CommandContext,
  request: LogRequest,
  { readBudget, stopping }: LogReader,
): Promise<LogPage> {
  const { database } = context;
  const accepted = await commit(database, await askForLog.prepare(context, request));
  try {
    const seconds = (BEGINS_WITHIN_MS + request.wait) / 1000;
    return answerOf(await waitForOperation(database, accepted, { seconds, readBudget, stopping }));
  } finally {
    await forget(database, accepted.id);
  }
}

function answerOf(operation: AcceptedOperation): LogPage {
  const { status, result, error } = operation;
  if (status === 'succeeded' && result !== null) return JSON.parse(result);
  if (error !== null) throw Problem.from(JSON.parse(error));
  if (isFinished(operation)) throw new Problem('internal', `The log could not be read: its operation is ${status}`);
  throw new Problem('unavailable', 'The executor of the hypervisor has not answered in time');
}

/** Also one that has not ended: its report is then void. */
async function forget(database: Database, operation: string): Promise<void> {
  const erase = statement('DELETE FROM operations WHERE id = :operation', { operation });
  // If the database is away, the next reading of the host deletes it.
  await database.write([erase], { audience: 'none', call: 'forget' }).catch(() => undefined);
}
