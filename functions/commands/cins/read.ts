import { quadOf } from '../../../schema/addresses/quad.ts';
import type { CinBody } from '../../../schema/api/leviathan-cins.ts';
import { limitOf, type Page, type Part, partOf } from '../../../schema/api/pages.ts';
import { statement } from '../../../schema/database/database.ts';
import { memoize } from '../../../schema/database/memoize.ts';
import { cinSubject } from '../../../schema/resources/network/rollback.ts';
import type { cins } from '../../../schema/tables/cins.ts';
import type { RowOf } from '../../../schema/tables/row.ts';
import type { CommandContext } from '../../operations/command-context.ts';
import { findHypervisor } from '../../operations/targets/find-hypervisor.ts';
import { severalPlaces } from '../../operations/targets/scheduled.ts';
import { FIRST_NETWORK, type NetworkKey, networkKeyOf, networkList, networksPage } from '../networks/lists.ts';
import { cinKind } from '../networks/network-kind.ts';
import { networksCalled, type Scope, scopeOf } from '../networks/places.ts';
import { statusOf } from '../networks/status.ts';
import { unknownCin } from './cin.ts';

const GATEWAY_OFFSET = 1;

interface CinRow extends Pick<RowOf<typeof cins>, 'name' | 'hypervisor' | 'first' | 'prefix' | 'state'> {
  readonly host: string;
  readonly busy: number;
  readonly cens: string;
  readonly containers: string;
}

/** One that has left keeps its address until the host has let it go. */
const isMember = `EXISTS (
  SELECT 1 FROM members m CROSS JOIN cin_cens x ON x.cen = m.cen AND x.removed IS NULL
  WHERE m.container = a.container AND m.removed IS NULL AND x.cin = a.cin)`;

const columns = `
  i.name, i.hypervisor, i.first, i.prefix, i.state, h.name AS host,
  EXISTS (SELECT 1 FROM operation_subjects s WHERE s.subject = ${cinSubject}) AS busy,
  (SELECT json_group_array(name) FROM (
    SELECT n.name FROM cin_cens x CROSS JOIN cens n ON n.id = x.cen
    WHERE x.cin = i.id AND x.removed IS NULL ORDER BY x.position, x.id)) AS cens,
  (SELECT json_group_array(json_object('name', name, 'offset', offset)) FROM (
    SELECT c.name, a.offset FROM cin_addresses a CROSS JOIN containers c ON c.id = a.container
    WHERE a.cin = i.id AND ${isMember} ORDER BY a.offset)) AS containers`;

const selectCins = memoize(
  (scope: Scope) => `SELECT ${columns} FROM ${networksCalled(cinKind, ':cin', scope)} ORDER BY h.created_ms`,
);

type Where = Pick<CommandContext, 'database' | 'host'>;

/** A CIN. Throws a 404, or a 409 if the path names no hypervisor and several have one. */
export async function readCin({ database, host }: Where, cin: string): Promise<CinBody> {
  const [rows] = await database.read([statement<CinRow>(selectCins(scopeOf(host)), { host, cin })]);
  const [row] = rows;
  if (rows.length > 1)
    throw severalPlaces(
      `CIN ${cin}`,
      rows.map((each) => each.host),
    );
  if (row === undefined) {
    if (host !== null) await findHypervisor(database, host);
    throw unknownCin(cin);
  }
  return bodyOf(row);
}

export const cinList = networkList('cins');

const selectPage = memoize((scope: Scope) => networksPage(cinKind, scope, columns));

/** CINs in the order of their names. Throws a 404 for an unknown hypervisor. */
export async function readCins(where: Where, page: Page<NetworkKey>): Promise<Part<CinBody, NetworkKey>> {
  const { database, host } = where;
  const [name, hypervisor] = page.after ?? FIRST_NETWORK;
  if (host !== null) await findHypervisor(database, host);
  const [rows] = await database.read([
    statement<CinRow>(selectPage(scopeOf(host)), { host, name, hypervisor, limit: limitOf(page) }),
  ]);
  const { items, next } = partOf(rows, page, networkKeyOf);
  return { items: items.map(bodyOf), next };
}

function bodyOf({ name, host, first, prefix, ...row }: CinRow): CinBody {
  const containers: { name: string; offset: number }[] = JSON.parse(row.containers);
  return {
    cinID: name,
    cenIDs: JSON.parse(row.cens),
    cidr: `${quadOf(first)}/${prefix}`,
    gateway: quadOf(first + GATEWAY_OFFSET),
    status: statusOf(row),
    hypervisors: [host],
    containers: containers.map((each) => ({ contID: each.name, ipaddress: quadOf(first + each.offset) })),
  };
}
