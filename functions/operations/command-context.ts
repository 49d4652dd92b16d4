import { readHypervisorReference } from '../../schema/api/fleet/parameters.ts';
import type { Database } from '../../schema/database/database.ts';
import { Problem } from '../../schema/problem.ts';
import type { AppContext, Role } from '../http/context.ts';

/** The sender of a request, and the hypervisor that it is for. */
export interface CommandContext {
  readonly database: Database;
  readonly principal: string;
  /** Null: the principal may call no command. */
  readonly role: Role | null;
  /** Id or name of the hypervisor that the path names; null: it names none. */
  readonly host: string | null;
  /** Names in the request are names on that hypervisor; else they are searched for in the whole fleet. */
  readonly isScoped: boolean;
  /** The header `If-Match`. */
  readonly ifMatch: string | undefined;
}

/**
 * What every command needs to know of a request. The command's own statements check whether the hypervisor exists, so
 * that a write takes one round trip. Throws a 400 for a text that can be neither an id nor a name.
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

/** The hypervisor of a request that always names one. Throws a 404 for the retry of an operation whose hypervisor was removed. */
export function namedHost({ host }: Pick<CommandContext, 'host'>): string {
  if (host === null) throw new Problem('not_found', 'The hypervisor of the request has been removed');
  return host;
}
