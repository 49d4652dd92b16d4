import type * as v from 'valibot';
import type { ProcessType, SppCommand, SppProcess } from '../../../schema/api/spp/commands.ts';
import { readProcessId, unknownProcess } from '../../../schema/api/spp/parameters.ts';
import { type RequestRules, readRequest } from '../../../schema/api/spp/request.ts';
import { findProcess, readProcess } from '../../commands/processes/read.ts';
import { prepareSend } from '../../commands/processes/send.ts';
import { warnOfIgnored } from '../../http/body.ts';
import { bodyText } from '../../http/body-text.ts';
import type { AppContext } from '../../http/context.ts';
import { withoutPrefix } from '../../http/hypervisor-prefix.ts';
import { commandContext } from '../../operations/command-context.ts';
import { submit } from '../../operations/submit.ts';
import { answerBody, answerNothing } from './answer.ts';

export async function answerStatus(c: AppContext, type: ProcessType): Promise<Response> {
  return answerBody(c, await readProcess(commandContext(c), namedProcess(c, type)));
}

function namedProcess(c: AppContext, type: ProcessType): SppProcess {
  if (type === 'primary') return { process: 0, type };
  const parameter = readProcessId(c.req.param('id') ?? '', mountedPath(c.req.path));
  if (parameter.id === null) throw unknownProcess(parameter);
  return { process: parameter.id, type };
}

/** The validated request of the body; unknown members are named in a `Warning`. Throws a 400. */
export async function readRules<Schema extends v.GenericSchema>(
  c: AppContext,
  rules: RequestRules<Schema>,
): Promise<v.InferOutput<Schema>> {
  const { value, ignored } = readRequest(rules, await bodyText(c));
  warnOfIgnored(c, ignored);
  return value;
}

/**
 * Sends a command to the process that the path names, and answers 204 when it was executed. A process that does not
 * exist is reported before any error in the request, as by spp-ctl.
 */
export async function sendCommand(
  c: AppContext,
  type: ProcessType,
  read: () => SppCommand | Promise<SppCommand>,
): Promise<Response> {
  const named = namedProcess(c, type);
  const context = commandContext(c);
  const command = await readCommand(read).catch(async (error: unknown) => {
    await findProcess(context, named);
    throw error;
  });
  return submit(
    c,
    () => prepareSend(context, { ...named, command }),
    () => answerNothing(c),
  );
}

async function readCommand(read: () => SppCommand | Promise<SppCommand>): Promise<SppCommand> {
  return read();
}

/** The path without the hypervisor prefix, as spp-ctl shows it in its errors. */
export function mountedPath(path: string): string {
  return withoutPrefix(path).replace(/^\/v1(\/(vfs|nfvs|primary|mirrors|pcaps))?(?=\/|$)/, '') || '/';
}
