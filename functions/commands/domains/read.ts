import type { HostBody } from '../../../schema/api/compute/hosts.ts';
import { limitOf, type Page, type Part, partOf } from '../../../schema/api/pages.ts';
import { statement } from '../../../schema/database/database.ts';
import { memoize } from '../../../schema/database/memoize.ts';
import type { CommandContext } from '../../operations/command-context.ts';
import { findHypervisor } from '../../operations/targets/find-hypervisor.ts';
import { severalPlaces } from '../../operations/targets/scheduled.ts';
import { isNamed } from '../../operations/targets/target.ts';
import {
  FIRST_NETWORK as FIRST_NAME,
  type NetworkKey as NameKey,
  networkKeyOf,
  networkList,
} from '../networks/lists.ts';
import { scopeOf } from '../networks/places.ts';
import { unknownDomain } from './domain.ts';
import { bodyOf, type DomainRow, foreignColumns, type Kept, keptOf, managedColumns, notManaged } from './rows.ts';

type Where = Pick<CommandContext, 'database' | 'host'>;

const inFleet = `
  SELECT ${managedColumns} FROM domains d CROSS JOIN hypervisors h ON h.id = d.hypervisor WHERE d.name = :name
  UNION ALL
  SELECT ${foreignColumns} FROM foreign_domains f CROSS JOIN hypervisors h ON h.id = f.hypervisor
  WHERE f.name = :name AND ${notManaged} ORDER BY host`;

const onHost = `
  SELECT ${managedColumns} FROM hypervisors h CROSS JOIN domains d ON d.hypervisor = h.id
  WHERE ${isNamed('h')} AND d.name = :name
  UNION ALL
  SELECT ${foreignColumns} FROM hypervisors h CROSS JOIN foreign_domains f ON f.hypervisor = h.id
  WHERE ${isNamed('h')} AND f.name = :name AND ${notManaged}`;

const selectCalled = { fleet: inFleet, host: onHost };

/** The representation of a domain, and what identifies it. */
export interface ReadDomain {
  readonly body: HostBody;
  /** Id of its hypervisor. */
  readonly hypervisor: string;
  /** How often what is wanted of it has changed. */
  readonly generation: number;
}

/**
 * A domain, also one that weft did not make. Throws a 404, a 400 for a text that is no name, or a 409 if the path names
 * no hypervisor and several have one.
 */
export async function readDomain({ database, host }: Where, name: string): Promise<ReadDomain> {
  const [rows] = await database.read([statement<DomainRow>(selectCalled[scopeOf(host)], { host, name })]);
  const [row] = rows;
  if (rows.length > 1)
    throw severalPlaces(
      `Host ${name}`,
      rows.map((each) => each.host),
    );
  if (row !== undefined) return { body: bodyOf(row), hypervisor: row.hypervisor, generation: row.generation };
  if (host !== null) await findHypervisor(database, host);
  throw unknownDomain(name);
}

export const domainList = networkList('hosts');

/** A page of one of the two tables, which is read by an index until it is full. */
const selectPage = memoize((kept: Kept) => {
  const fleet = kept.startsWith('fleet');
  const part = (columns: string, table: string, row: 'd' | 'f', condition: string) =>
    fleet
      ? `SELECT ${columns} FROM ${table} ${row} CROSS JOIN hypervisors h ON h.id = ${row}.hypervisor
         WHERE (${row}.name, ${row}.hypervisor) > (:name, :hypervisor)${condition}`
      : `SELECT ${columns} FROM hypervisors h CROSS JOIN ${table} ${row} ON ${row}.hypervisor = h.id
         WHERE h.id = :hypervisor AND ${row}.name > :name${condition}`;
  const managed = part(managedColumns, 'domains', 'd', '');
  const foreign = part(foreignColumns, 'foreign_domains', 'f', ` AND ${notManaged}`);
  const rows = kept.endsWith('managed') ? managed : `${managed} UNION ALL ${foreign}`;
  return `${rows} ORDER BY name, hypervisor LIMIT :limit + 1`;
});

/** Which domains a list contains. */
export interface DomainSelection extends Page<NameKey> {
  /** Only those that weft has made. */
  readonly managedOnly: boolean;
}

/** Domains in the order of their names. Throws a 404 for an unknown hypervisor. */
export async function readDomains(
  { database, host }: Where,
  selection: DomainSelection,
): Promise<Part<HostBody, NameKey>> {
  const [name, after] = selection.after ?? FIRST_NAME;
  const hypervisor = host === null ? after : (await findHypervisor(database, host)).id;
  const [rows] = await database.read([
    statement<DomainRow>(selectPage(keptOf(scopeOf(host), selection.managedOnly)), {
      ...{ name, hypervisor, limit: limitOf(selection) },
    }),
  ]);
  const { items, next } = partOf(rows, selection, networkKeyOf);
  return { items: items.map(bodyOf), next };
}
