import { operationKinds, processPath, type SppRequest, sppRequestSchema } from '../../../schema/api/spp/commands.ts';
import { Problem } from '../../../schema/problem.ts';
import { type Command, defineCommand } from '../../operations/command.ts';
import type { CommandContext } from '../../operations/command-context.ts';
import type { Intent } from '../../operations/intent.ts';
import { ownSubject } from '../../operations/operation-statements.ts';
import { connectedTo } from './read.ts';

/** Sends a command to a connected process. Its desired state is what the process accepts: the executor records that. */
function defineSend(kind: string): Command<SppRequest> {
  return defineCommand({
    kind,
    role: 'operator',
    request: sppRequestSchema(kind),
    target: (input) => connectedTo(input, input.request),
    resource: { onHost: ({ request }) => processPath(request.process) },
    status: 'pending',
    subjects: [ownSubject],
  });
}

const byKind: ReadonlyMap<string, Command<SppRequest>> = new Map(
  Object.values(operationKinds).map((kind) => [kind, defineSend(kind)]),
);

/** One for each kind of operation: two commands of a process may have the same kind. */
export const sendCommands: readonly Command<SppRequest>[] = [...byKind.values()];

export async function prepareSend(context: CommandContext, request: SppRequest): Promise<Intent> {
  const kind = operationKinds[request.command.kind];
  const command = byKind.get(kind);
  if (command === undefined) throw new Problem('internal', `no command sends ${kind}`);
  return command.prepare(context, request);
}
