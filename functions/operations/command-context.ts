import { readHypervisorReference } from '../../schema/api/fleet/parameters.ts';
import type { Database } from '../../schema/database/database.ts';
import type { AppContext } from '../http/context.ts';

/** Who asks for something, and of which hypervisor. */
export interface CommandContext {
  readonly database: Database;
  readonly principal: string;
  /** Id or name of the hypervisor that the path names; null: it names none. */
  readonly host: string | null;
}

/**
 * What every command wants to know of a request. Whether there is such a hypervisor, the command's own statements say:
 * a write stays one round trip. Throws a 400 for what can be no hypervisor.
 */
export function commandContext(c: AppContext): CommandContext {
  const given = c.req.param('hypervisor');
  const host = given === undefined ? null : readHypervisorReference(given);
  return { database: c.get('settings').database, principal: c.get('principal'), host };
}
