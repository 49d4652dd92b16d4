import { type Database, statement } from '../../../schema/database/database.ts';
import { Problem } from '../../../schema/problem.ts';
import type { CommandContext } from '../../operations/command-context.ts';
import type { Guard } from '../../operations/command-definition.ts';
import { hypervisor } from '../../operations/operation-statements.ts';
import { resolve, type Target } from '../../operations/targets/target.ts';

/** Interfaces in the network `:name` of the hypervisor `on` (SQL), each with its domain. */
const users = (on: string) => `
  FROM domain_nics c CROSS JOIN domains d ON d.id = c.domain WHERE c.hypervisor = ${on} AND c.network = :name`;

/** The number of domains that a problem names. */
const NAMED_USERS = 10;

const selectUsers = `SELECT DISTINCT d.name ${users(':hypervisor')} ORDER BY d.name LIMIT ${NAMED_USERS + 1}`;

/** No domain has an interface in the network. */
export const isUnused: Guard<CommandContext & { readonly request: { readonly name: string } }> = {
  id: 'network_used',
  holds: `NOT EXISTS (SELECT 1 ${users(hypervisor)})`,
  problem: ({ database, request }, target) => isUsed(database, target, request.name),
};

async function isUsed(database: Database, on: Target, name: string): Promise<Problem> {
  const host = await resolve(database, on);
  const [rows] = await database.read([statement<{ name: string }>(selectUsers, { hypervisor: host?.id ?? '', name })]);
  const named = rows.slice(0, NAMED_USERS).map((user) => user.name);
  const others = rows.length > NAMED_USERS ? ' and others' : '';
  return new Problem('conflict', `Network ${name} is used by ${named.join(', ')}${others}`, {
    hint: 'Delete these hosts first',
    errors: named.map((each) => ({ parameter: 'name', detail: `host ${each} is in it` })),
  });
}
