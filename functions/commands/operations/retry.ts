import { Problem } from '../../../schema/problem.ts';
import type { CommandContext } from '../../operations/command-context.ts';
import type { Intent } from '../../operations/intent.ts';
import type { OperationRow } from '../../operations/operation.ts';
import { commandOf } from '../registry.ts';

/**
 * Repeats the request of an operation that failed or was cancelled, as a new operation on the hypervisor of the first
 * one. Throws a {@link Problem} 409.
 */
export async function retryOperation(context: CommandContext, row: OperationRow): Promise<Intent> {
  const command = commandOf(row.kind);
  if (row.status !== 'failed' && row.status !== 'cancelled') {
    throw new Problem('conflict', `Operation ${row.id} is ${row.status}`, {
      hint: 'Only a failed or cancelled operation can be retried',
    });
  }
  if (row.parent_id !== null) {
    throw new Problem('conflict', `Operation ${row.id} is a part of operation ${row.parent_id}`, {
      hint: `Retry the whole: POST /operations/${row.parent_id}/retry; what has succeeded stays as it is`,
    });
  }
  if (command === undefined) {
    throw new Problem('conflict', `${row.kind} is internal and is retried automatically`, {
      hint: 'POST /hypervisors/{id}/resync reconciles the whole host now',
    });
  }
  const host = row.hypervisor_name;
  return command.retry({ ...context, host, isScoped: host !== null, ifMatch: undefined }, JSON.parse(row.request));
}
