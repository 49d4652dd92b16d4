import { type NetworkBody, networkStates } from '../../../schema/api/compute/networks.ts';
import { limitOf, type Page, type Part, partOf } from '../../../schema/api/pages.ts';
import { statement } from '../../../schema/database/database.ts';
import { memoize } from '../../../schema/database/memoize.ts';
import type { CommandContext } from '../../operations/command-context.ts';
import { findHypervisor } from '../../operations/targets/find-hypervisor.ts';
import { severalPlaces } from '../../operations/targets/scheduled.ts';
import { isNamed } from '../../operations/targets/target.ts';
import { FIRST_NETWORK, type NetworkKey, networkKeyOf, networkList } from '../networks/lists.ts';
import { scopeOf } from '../networks/places.ts';
import { unknownNetwork } from './network.ts';
import { foreignColumns, type Kept, keptOf, managedColumns, type NetworkRow, notManaged } from './rows.ts';

type Where = Pick<CommandContext, 'database' | 'host'>;

const inFleet = `
  SELECT ${managedColumns} FROM vlan_networks n CROSS JOIN hypervisors h ON h.id = n.hypervisor WHERE n.name = :name
  UNION ALL
  SELECT ${foreignColumns} FROM foreign_networks f CROSS JOIN hypervisors h ON h.id = f.hypervisor
  WHERE f.name = :name AND ${notManaged}`;

const onHost = `
  SELECT ${managedColumns} FROM hypervisors h CROSS JOIN vlan_networks n ON n.hypervisor = h.id
  WHERE ${isNamed('h')} AND n.name = :name
  UNION ALL
  SELECT ${foreignColumns} FROM hypervisors h CROSS JOIN foreign_networks f ON f.hypervisor = h.id
  WHERE ${isNamed('h')} AND f.name = :name AND ${notManaged}`;

const selectCalled = { fleet: inFleet, host: onHost };

/** A network, also one that weft did not make. Throws a 404, or a 409 if the path names no hypervisor and several have one. */
export async function readNetwork({ database, host }: Where, name: string): Promise<NetworkBody> {
  const [rows] = await database.read([statement<NetworkRow>(selectCalled[scopeOf(host)], { host, name })]);
  const [row] = rows;
  if (rows.length > 1)
    throw severalPlaces(
      `Network ${name}`,
      rows.map((each) => each.host),
    );
  if (row !== undefined) return bodyOf(row);
  if (host !== null) await findHypervisor(database, host);
  throw unknownNetwork(name);
}

export const vlanNetworkList = networkList('networks');

/** A page of one of the two tables, `alias`, which is read by an index until it is full. */
const selectPage = memoize((kept: Kept) => {
  const fleet = kept.startsWith('fleet');
  const part = (columns: string, table: string, row: 'n' | 'f', condition: string) =>
    fleet
      ? `SELECT ${columns} FROM ${table} ${row} CROSS JOIN hypervisors h ON h.id = ${row}.hypervisor
         WHERE (${row}.name, ${row}.hypervisor) > (:name, :hypervisor)${condition}`
      : `SELECT ${columns} FROM hypervisors h CROSS JOIN ${table} ${row} ON ${row}.hypervisor = h.id
         WHERE h.id = :hypervisor AND ${row}.name > :name${condition}`;
  const managed = part(managedColumns, 'vlan_networks', 'n', '');
  const foreign = part(foreignColumns, 'foreign_networks', 'f', ` AND ${notManaged}`);
  const rows = kept.endsWith('managed') ? managed : `${managed} UNION ALL ${foreign}`;
  return `${rows} ORDER BY name, hypervisor LIMIT :limit + 1`;
});

/** Which networks a list contains. */
export interface NetworkSelection extends Page<NetworkKey> {
  /** Only those that weft has made. */
  readonly managedOnly: boolean;
}

/** Networks in the order of their names. Throws a 404 for an unknown hypervisor. */
export async function readNetworks(
  { database, host }: Where,
  selection: NetworkSelection,
): Promise<Part<NetworkBody, NetworkKey>> {
  const [name, after] = selection.after ?? FIRST_NETWORK;
  const hypervisor = host === null ? after : (await findHypervisor(database, host)).id;
  const [rows] = await database.read([
    statement<NetworkRow>(selectPage(keptOf(scopeOf(host), selection.managedOnly)), {
      ...{ name, hypervisor, limit: limitOf(selection) },
    }),
  ]);
  const { items, next } = partOf(rows, selection, networkKeyOf);
  return { items: items.map(bodyOf), next };
}

function bodyOf(row: NetworkRow): NetworkBody {
  const { name, host, bridge, vlan, managed, problem } = row;
  return {
    ...{ name, state: stateOf(row) },
    ...{ autostart: row.autostart === 1 ? 'yes' : 'no', persistent: row.persistent === 1 ? 'yes' : 'no' },
    ...{ bridge, vlan, hypervisor: host, managed: managed === 1, error: problem },
  };
}

function stateOf({ desired, state, busy, unknown }: NetworkRow): NetworkBody['state'] {
  if (desired === 'absent' && (busy === 1 || state !== 'degraded')) return 'deleting';
  if (state === 'pending') return 'defining';
  if (unknown === 1) return 'unknown';
  return networkStates.find((known) => known === state) ?? 'degraded';
}
