import { operationKinds, processSubject, type SppCommand, type SppRequest } from '../../../schema/api/spp/commands.ts';
import { Problem } from '../../../schema/problem.ts';
import type { CommandContext } from '../../operations/command-context.ts';
import { guard } from '../../operations/guard.ts';
import { type Intent, insertOperation, insertOwnSubject } from '../../operations/intent.ts';
import { newId } from '../../operations/new-id.ts';
import { hypervisor } from '../../operations/targets/target.ts';
import { connectedTo, findProcess, type NamedProcess } from './read.ts';

/** Has a command given to a connected process. What is wanted of it is what it takes: its executor writes that down. */
export function sendCommand(context: CommandContext, named: NamedProcess, command: SppCommand): Intent {
  const operation = newId();
  const { process, type } = named;
  const request: SppRequest = { process, type, command };
  return {
    operation,
    statements: [
      insertOperation({
        operation,
        kind: operationKinds[command.kind],
        on: connectedTo(context, named),
        request,
        principal: context.principal,
        resource: processSubject(':hypervisor', process),
        status: 'pending',
      }),
      guard('not_connected', `${hypervisor} IS NOT NULL`, { operation }, () =>
        // One that came back in this moment was not there when it was to be told.
        findProcess(context, named).then(named.missing, asProblem),
      ),
      insertOwnSubject(operation),
    ],
  };
}

function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  throw error;
}

/** The stored request of a command, for another try. */
export function resendCommand(context: CommandContext, { process, type, command }: SppRequest): Intent {
  const missing = () => new Problem('not_found', process === 0 ? 'primary not found.' : `sec_id ${process} not found.`);
  return sendCommand(context, { process, type, missing }, command);
}
