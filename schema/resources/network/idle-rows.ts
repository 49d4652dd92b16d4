import { type Statement, statement } from '../../database/database.ts';
import { type Changed, type IdlePage, type IdleRows, ownerOf, type Query, query } from '../definition.ts';
import { cenSubject, containerSubject, networkSubject } from './rollback.ts';
import {
  type CenRow,
  type ContainerRow,
  cenColumns,
  containerColumns,
  type MemberRow,
  type NetworkRows,
} from './rows.ts';

/**
 * All rows of a hypervisor are read in pages of this size, so that no page blocks other users of the database for long.
 */
export const PAGE_ROWS = 500;

interface CenWithMembers extends CenRow {
  /** A list of {@link MemberRow}, as JSON. */
  readonly members: string;
}

/**
 * The rows that an event named, as in labels: by a resource's id, or by a container's own name. (The `+` keeps SQLite
 * from scanning all rows of the hypervisor.)
 */
const changedCens = '+n.hypervisor = :hypervisor AND n.id IN (SELECT value FROM json_each(:changed))';
const changedContainers = `+c.hypervisor = :hypervisor AND c.id IN (
    SELECT value FROM json_each(:changed)
    UNION
    SELECT x.id FROM json_each(:changed) j CROSS JOIN containers x ON x.hypervisor = :hypervisor AND x.name = j.value)`;

const busy = (subjectOf: string) => `EXISTS (SELECT 1 FROM operation_subjects s WHERE s.subject = ${subjectOf})`;

const selectCens = (which: string, page = '') => `
  SELECT ${cenColumns},
    (SELECT json_group_array(json_object('container', container, 'ordinal', ordinal, 'outside', outside)) FROM (
      SELECT c.name AS container, m.ordinal, m.outside FROM members m CROSS JOIN containers c ON c.id = m.container
      WHERE m.cen = n.id AND m.removed IS NULL ORDER BY m.position, m.id)) AS members
  FROM cens n
  WHERE ${which} AND NOT ${busy(cenSubject)} ${page}`;

const selectContainers = (which: string, page = '') => `
  SELECT ${containerColumns}
  FROM containers c
  WHERE ${which} AND NOT ${busy(containerSubject)} ${page}`;

const selectBusy = `
  SELECT n.id AS changed FROM cens n WHERE ${changedCens} AND ${busy(cenSubject)}
  UNION ALL
  SELECT c.id FROM containers c WHERE ${changedContainers} AND ${busy(containerSubject)}`;

const selectCenPage = selectCens(
  'n.hypervisor = :hypervisor AND n.name > :after',
  `ORDER BY n.name LIMIT ${PAGE_ROWS}`,
);

const selectContainerPage = selectContainers(
  'c.hypervisor = :hypervisor AND c.name > :after',
  `ORDER BY c.name LIMIT ${PAGE_ROWS}`,
);

const selectNamedCens = selectCens(changedCens);
const selectNamedContainers = selectContainers(changedContainers);

/** The networks and containers of a hypervisor that no unfinished operation changes. */
export function loadIdleNetworks(hypervisor: string, changed: Changed): Query<IdlePage<NetworkRows>> {
  if (changed === 'all') return loadPage(hypervisor, { cens: '', containers: '' });
  const args = { hypervisor, changed: JSON.stringify(changed) };
  const statements: readonly [Statement<CenWithMembers>, Statement<ContainerRow>, Statement<{ changed: string }>] = [
    statement<CenWithMembers>(selectNamedCens, args),
    statement<ContainerRow>(selectNamedContainers, args),
    statement<{ changed: string }>(selectBusy, args),
  ];
  return query(statements, ([foundCens, foundContainers, changing]) => ({
    idle: idleOf(hypervisor, foundCens, foundContainers),
    busy: changing.map((row) => row.changed),
    next: null,
  }));
}

/** The names after which the next page starts; null: there is none. */
interface Afters {
  readonly cens: string | null;
  readonly containers: string | null;
}

/** The next networks and the next containers, in one request; null: no further ones. */
function loadPage(hypervisor: string, after: Afters): Query<IdlePage<NetworkRows>> {
  const statements: readonly [Statement<CenWithMembers>, Statement<ContainerRow>] = [
    statement<CenWithMembers>(selectCenPage, { hypervisor, after: after.cens }),
    statement<ContainerRow>(selectContainerPage, { hypervisor, after: after.containers }),
  ];
  return query(statements, ([foundCens, foundContainers]) => {
    const next = { cens: lastOf(foundCens), containers: lastOf(foundContainers) };
    return {
      idle: idleOf(hypervisor, foundCens, foundContainers),
      busy: [],
      next: next.cens === null && next.containers === null ? null : loadPage(hypervisor, next),
    };
  });
}

function lastOf(rows: readonly { readonly name: string }[]): string | null {
  return rows.length < PAGE_ROWS ? null : (rows.at(-1)?.name ?? null);
}

function idleOf(
  hypervisor: string,
  foundCens: readonly CenWithMembers[],
  foundContainers: readonly ContainerRow[],
): IdleRows<NetworkRows>[] {
  const idleContainer = (container: ContainerRow): IdleRows<NetworkRows> => {
    const { id, name, generation } = container;
    const own = networkSubject(hypervisor, 'containers', name);
    const owner = ownerOf('namespace', id, name);
    return {
      subject: own,
      generation,
      subjects: [own],
      eventNames: [id, name],
      owner,
      rows: { cens: [], members: [], containers: [container] },
    };
  };
  const idleCen = ({ members, ...cen }: CenWithMembers): IdleRows<NetworkRows> => {
    const { id, name, generation } = cen;
    const inIt: MemberRow[] = JSON.parse(members);
    const own = networkSubject(hypervisor, 'cens', name);
    return {
      subject: own,
      generation,
      subjects: [own, ...inIt.map(({ container }) => networkSubject(hypervisor, 'containers', container))],
      eventNames: [id],
      owner: ownerOf('link', id, null),
      rows: { cens: [cen], members: inIt, containers: [] },
    };
  };
  return [...foundContainers.map(idleContainer), ...foundCens.map(idleCen)];
}
