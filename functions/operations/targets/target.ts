import type { Technology } from '../../../schema/api/capabilities.ts';
import { unknownHypervisor } from '../../../schema/api/fleet/parameters.ts';
import { type Database, statement } from '../../../schema/database/database.ts';
import type { Problem } from '../../../schema/problem.ts';
import type { Arguments } from '../../../schema/statements/ending.ts';
import { has } from '../../../schema/statements/technologies.ts';
import { hypervisor } from '../operation-statements.ts';

/** Which hypervisor a request is for. */
export interface Target {
  /** SQL for its id over `args`; NULL if no hypervisor matches, or more than one. */
  readonly sql: string;
  readonly args: Arguments;
  /** The problem if it is NULL; undefined: NULL is no error. */
  readonly problem?: (database: Database) => Promise<Problem>;
}

/** Over `host`: an id, in upper or lower case, or a name. */
export const isNamed = (alias: string) => `(${alias}.id = lower(:host) OR ${alias}.name = :host)`;

const selectNamed = `(SELECT h.id FROM hypervisors h WHERE ${isNamed('h')})`;

/** The one that the path names. */
export function byName(
  host: string,
  problem: Required<Target>['problem'] = async () => unknownHypervisor(host),
): Required<Target> {
  return { sql: selectNamed, args: { host }, problem };
}

/** The one with this id, which may not exist yet, or no longer. */
export function byId(id: string): Target {
  return { sql: ':target', args: { target: id } };
}

/** The request concerns only the database. */
export const none: Target = { sql: 'NULL', args: {} };

/** Holds if that hypervisor's executor found the technology on its host, also while it is away. */
export function capableOf(technology: Technology): string {
  return `(SELECT ${has('h', technology)} FROM hypervisors h WHERE h.id = ${hypervisor})`;
}

/** The current result of a target, for the text of a refusal. */
export async function resolve(
  database: Database,
  { sql, args }: Target,
): Promise<{ id: string; name: string; capabilities: string } | undefined> {
  const [rows] = await database.read([
    statement<{ id: string; name: string; capabilities: string }>(
      `SELECT id, name, capabilities FROM hypervisors WHERE id = ${sql}`,
      args,
    ),
  ]);
  return rows[0];
}
