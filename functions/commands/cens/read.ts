import { type CenBody, wireTypes } from '../../../schema/api/leviathan.ts';
import { limitOf, type Page, type Part, partOf } from '../../../schema/api/pages.ts';
import { statement } from '../../../schema/database/database.ts';
import { memoize } from '../../../schema/database/memoize.ts';
import { cenSubject } from '../../../schema/resources/network/rollback.ts';
import type { cens } from '../../../schema/tables/networks.ts';
import type { RowOf } from '../../../schema/tables/row.ts';
import type { CommandContext } from '../../operations/command-context.ts';
import { findHypervisor } from '../../operations/targets/find-hypervisor.ts';
import { severalPlaces } from '../../operations/targets/scheduled.ts';
import { FIRST_NETWORK, type NetworkKey, networkKeyOf, networkList, networksPage } from '../networks/lists.ts';
import { cenKind } from '../networks/network-kind.ts';
import { networksCalled, type Scope, scopeOf } from '../networks/places.ts';
import { statusOf } from '../networks/status.ts';
import { unknownCen } from './cen.ts';

interface CenRow extends Pick<RowOf<typeof cens>, 'name' | 'hypervisor' | 'link_name' | 'wiring_type' | 'state'> {
  readonly host: string;
  readonly busy: number;
  readonly members: string;
}

const columns = `
  n.name, n.hypervisor, h.name AS host, n.link_name, n.wiring_type, n.state,
  EXISTS (SELECT 1 FROM operation_subjects s WHERE s.subject = ${cenSubject}) AS busy,
  (SELECT json_group_array(json_object('name', name, 'outside', outside)) FROM (
    SELECT c.name, m.outside FROM members m CROSS JOIN containers c ON c.id = m.container
    WHERE m.cen = n.id AND m.removed IS NULL ORDER BY m.position, m.id)) AS members`;

const selectCens = memoize(
  (scope: Scope) => `SELECT ${columns} FROM ${networksCalled(cenKind, ':cen', scope)} ORDER BY h.created_ms`,
);

type Where = Pick<CommandContext, 'database' | 'host'>;

/** A CEN in leviathan's representation. Throws a 404, or a 409 if the path names no hypervisor and several have one. */
export async function readCen({ database, host }: Where, cen: string): Promise<CenBody> {
  const [rows] = await database.read([statement<CenRow>(selectCens(scopeOf(host)), { host, cen })]);
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
  return bodyOf(row);
}

export const cenList = networkList('cens');

const selectPage = memoize((scope: Scope) => networksPage(cenKind, scope, columns));

/** CENs in the order of their names. Throws a 404 for an unknown hypervisor. */
export async function readCens(where: Where, page: Page<NetworkKey>): Promise<Part<CenBody, NetworkKey>> {
  const { database, host } = where;
  const [name, hypervisor] = page.after ?? FIRST_NETWORK;
  if (host !== null) await findHypervisor(database, host);
  const [rows] = await database.read([
    statement<CenRow>(selectPage(scopeOf(host)), { host, name, hypervisor, limit: limitOf(page) }),
  ]);
  const { items, next } = partOf(rows, page, networkKeyOf);
  return { items: items.map(bodyOf), next };
}

function bodyOf(row: CenRow): CenBody {
  const members: { name: string; outside: string }[] = JSON.parse(row.members);
  return {
    cenID: row.name,
    contIDs: members.map(({ name }) => name),
    wiring_type: row.wiring_type,
    wire_type: row.wiring_type && wireTypes[row.wiring_type],
    status: statusOf(row),
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
