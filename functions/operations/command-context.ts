import { readHypervisorReference } from '../../schema/api/fleet/parameters.ts';
import type { Database } from '../../schema/database/database.ts';
import { Problem } from '../../schema/problem.ts';
import type { AppContext, Role } from '../http/context.ts';

/** Who asks for something, and of which hypervisor. */
export interface CommandContext {
  readonly database: Database;
  readonly principal: string;
  /** What the principal may call; null: nothing. */
  readonly role: Role | null;
  /** Id or name of the hypervisor that the path names; null: it names none. */
  readonly host: string | null;
  /** Names of the request are those of that hypervisor; else they may be the names of something elsewhere in the fleet. */
  readonly isScoped: boolean;
  /** The revisions that the client has seen, as `If-Match` tells them; undefined: it does not care. */
  readonly ifMatch: string | undefined;
}

/**
 * What every command wants to know of a request. Whether there is such a hypervisor, the command's own statements say:
 * a write stays one round trip. Throws a 400 for what can be no hypervisor.
 */
export function commandContext(c: AppContext): CommandContext {
  const given = c.req.param('hypervisor');
  const host = given === undefined ? null : readHypervisorReference(given);
  return {
    database: c.get('settings').database,
    principal: c.get('principal'),
    role: c.get('role'),
    host,
    isScoped: host !== null,
    ifMatch: c.req.header('if-match'),
  };
}

/** The hypervisor of a request that always names one. Throws a 404 where an operation is retried whose hypervisor is gone. */
export function namedHost({ host }: Pick<CommandContext, 'host'>): string {
  if (host === null) throw new Problem('not_found', 'The hypervisor of the request has been removed');
  return host;
}
