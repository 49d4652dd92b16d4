import { operationKinds, processSubject, type SppRequest } from '../../../schema/api/spp/commands.ts';
import { type Database, type DatabaseError, guard, statement } from '../../../schema/database/database.ts';
import { Problem } from '../../../schema/problem.ts';
import { known } from '../../intent/choice.ts';
import { type Intent, insertOperation, insertOwnSubject } from '../../intent/intent.ts';
import { newId } from '../../intent/new-id.ts';
import type { ConnectedProcess } from './read.ts';

/** A process that went between being found and being told. */
const isConnected = `EXISTS (
  SELECT 1 FROM spp_processes WHERE hypervisor = :hypervisor AND process = :process AND type = :type AND connected)`;

/** Has a command given to a connected process. What is wanted of it is what it takes: its executor writes that down. */
export function giveCommand(principal: string, { hypervisor, missing }: ConnectedProcess, request: SppRequest): Intent {
  const operation = newId();
  const { process, type, command } = request;
  return {
    operation,
    statements: [
      guard('not_connected', isConnected, { hypervisor, process, type }),
      insertOperation({
        operation,
        kind: operationKinds[command.kind],
        on: known(hypervisor),
        request,
        principal,
        resource: processSubject(hypervisor, process),
        status: 'pending',
      }),
      insertOwnSubject(operation),
    ],
    explain: async (error: DatabaseError): Promise<Problem> => {
      if (error.reason === 'not_connected') return missing();
      throw error;
    },
  };
}

/** The stored request of a command, for another try. */
export async function findForRetry(
  database: Database,
  host: string,
  { process }: SppRequest,
): Promise<ConnectedProcess> {
  const missing = () => new Problem('not_found', process === 0 ? 'primary not found.' : `sec_id ${process} not found.`);
  const [rows] = await database.read([
    statement<{ hypervisor: string }>(
      'SELECT h.id AS hypervisor FROM hypervisors h WHERE h.name = :host OR h.id = :host',
      { host },
    ),
  ]);
  const hypervisor = rows[0]?.hypervisor;
  if (hypervisor === undefined) throw missing();
  return { hypervisor, missing };
}
