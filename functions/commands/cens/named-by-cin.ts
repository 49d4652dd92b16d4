import { statement } from '../../../schema/database/database.ts';
import { type CommandContext, namedHost } from '../../operations/command-context.ts';
import { hypervisor } from '../../operations/operation-statements.ts';
import { isNamed } from '../../operations/targets/target.ts';

/* In the path of a membership, the name of a CIN stands for its first CEN, if no CEN has that name. */

const called = (table: 'cens' | 'cins', on: string, name: string) =>
  `SELECT 1 FROM ${table} x WHERE x.hypervisor = ${on} AND x.name = ${name} AND x.desired = 'present'`;

const isCin = (on: string, name: string) =>
  `(EXISTS (${called('cins', on, name)}) AND NOT EXISTS (${called('cens', on, name)}))`;

/** Holds if `:cen` is not such a name. */
export const isNoCin = `NOT ${isCin(hypervisor, ':cen')}`;

const selectFirst = `
  SELECT ${isCin('h.id', ':name')} AS is_cin, (
    SELECT n.name FROM cins i CROSS JOIN cin_cens x ON x.cin = i.id AND x.removed IS NULL CROSS JOIN cens n ON n.id = x.cen
    WHERE i.hypervisor = h.id AND i.name = :name AND i.desired = 'present' ORDER BY x.position, x.id LIMIT 1) AS cen
  FROM hypervisors h WHERE ${isNamed('h')}`;

/** Whether a name is a CIN's and no CEN's; the name of its first CEN, null if it has none. */
export async function readNamedCin(
  context: Pick<CommandContext, 'database' | 'host'>,
  name: string,
): Promise<{ readonly isCin: boolean; readonly cen: string | null }> {
  const [[row]] = await context.database.read([
    statement<{ is_cin: number; cen: string | null }>(selectFirst, { host: namedHost(context), name }),
  ]);
  return { isCin: row?.is_cin === 1, cen: row?.cen ?? null };
}
