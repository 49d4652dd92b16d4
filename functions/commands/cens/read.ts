import { type CenBody, cenStatuses } from '../../../schema/api/leviathan.ts';
import { type Statement, statement } from '../../../schema/database/database.ts';
import { memoize } from '../../../schema/database/memoize.ts';
import { cenSubject } from '../../../schema/resources/network/rollback.ts';
import type { cens } from '../../../schema/tables/networks.ts';
import type { RowOf } from '../../../schema/tables/row.ts';
import type { CommandContext } from '../../operations/command-context.ts';
import { findHypervisor } from '../../operations/targets/find-hypervisor.ts';
import { severalPlaces } from '../../operations/targets/scheduled.ts';
import { unknownCen } from './cen.ts';
import { censCalled, type Scope, scopeOf } from './places.ts';

interface CenRow extends Pick<RowOf<typeof cens>, 'name' | 'link_name' | 'wiring_type' | 'state'> {
  readonly host: string;
  readonly busy: number;
  readonly members: string;
}

const selectCens = memoize(
  (scope: Scope) => `
  SELECT n.name, h.name AS host, n.link_name, n.wiring_type, n.state,
    EXISTS (SELECT 1 FROM operation_subjects s WHERE s.subject = ${cenSubject}) AS busy,
    (SELECT json_group_array(json_object('name', name, 'outside', outside)) FROM (
      SELECT c.name, m.outside FROM members m CROSS JOIN containers c ON c.id = m.container
      WHERE m.cen = n.id AND m.removed IS NULL ORDER BY m.position, m.id)) AS members
  FROM ${censCalled(':cen', scope)} ORDER BY h.created_ms`,
);

function selectCen(host: string | null, cen: string): Statement<CenRow> {
  return statement<CenRow>(selectCens(scopeOf(host)), { host, cen });
}

/** A CEN in leviathan's representation. Throws a 404, or a 409 if the path names no hypervisor and several have one. */
export async function readCen(
  { database, host }: Pick<CommandContext, 'database' | 'host'>,
  cen: string,
): Promise<CenBody> {
  const [rows] = await database.read([selectCen(host, cen)]);
  const [row] = rows;
  if (rows.length > 1)
    throw severalPlaces(
      `CEN ${cen}`,
      rows.map((each) => each.host),
    );
  if (row === undefined) {
    if (host !== null) await findHypervisor(database, host);
    throw unknownCen(cen);
  }
  const members: { name: string; outside: string }[] = JSON.parse(row.members);
  return {
    cenID: row.name,
    contIDs: members.map(({ name }) => name),
    wiring_type: row.wiring_type,
    status: row.busy === 1 ? 'preparing' : (cenStatuses.find((status) => status === row.state) ?? 'failed'),
    wires: wires(row, members),
    hypervisors: [row.host],
  };
}

function wires(row: CenRow, members: readonly { name: string; outside: string }[]): CenBody['wires'] {
  if (row.wiring_type === 'bridge') {
    return members.map(({ name, outside }) => [
      { contID: name, interface: row.link_name },
      { bridge: row.link_name, interface: outside },
    ]);
  }
  const [left, right] = members;
  if (row.wiring_type === null || !left || !right) return [];
  return [
    [
      { contID: left.name, interface: row.link_name },
      { contID: right.name, interface: row.link_name },
    ],
  ];
}
