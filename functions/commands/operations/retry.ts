import type { Database } from '../../../schema/database/database.ts';
import { Problem } from '../../../schema/problem.ts';
import type { Intent } from '../../operations/intent.ts';
import type { OperationRow } from '../../operations/operation.ts';
import { hypervisorReplay } from '../hypervisors/replay.ts';
import { networkReplay } from '../networks/replay.ts';
import { sppReplay } from '../processes/replay.ts';
import type { ReplayHandlers } from '../replay.ts';

const requests: ReplayHandlers = { ...hypervisorReplay, ...networkReplay, ...sppReplay };

/** The request of an operation that failed or was cancelled, as a new operation. Throws a {@link Problem} 409. */
export async function retryOperation(database: Database, principal: string, row: OperationRow): Promise<Intent> {
  const again = requests[row.kind];
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
  if (again === undefined) {
    throw new Problem('conflict', `${row.kind} is internal and is retried automatically`, {
      hint: 'POST /hypervisors/{id}/resync reconciles the whole host now',
    });
  }
  return again({ database, principal, host: row.hypervisor_name, request: JSON.parse(row.request) });
}
