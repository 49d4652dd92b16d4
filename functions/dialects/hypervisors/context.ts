import { readHypervisorReference } from '../../../schema/api/fleet/parameters.ts';
import type { AppContext } from '../../http/context.ts';
import { type CommandContext, commandContext } from '../../operations/command-context.ts';

/** Of a request on `/hypervisors/{id}`: that is the hypervisor it is for. */
export function hypervisorContext(c: AppContext): CommandContext & { readonly host: string } {
  const host = readHypervisorReference(c.req.param('id') ?? '');
  return { ...commandContext(c), host, isScoped: true };
}
