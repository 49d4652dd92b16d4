import { type Statement, statement } from '../../database/database.ts';
import { subject } from '../../names.ts';
import type { cens, containers, members } from '../../tables/networks.ts';
import { type Changed, type IdlePage, type IdleRows, ownerOf, type Query, query } from '../definition.ts';
import { cenSubject, containerSubject } from './rollback.ts';

/** All rows of a hypervisor are read in pages of so many: no page holds up others who use the database. */
export const PAGE_ROWS = 500;

type Cen = typeof cens.$inferSelect;
type Container = typeof containers.$inferSelect;
type Member = typeof members.$inferSelect;

interface CenRow extends Readonly<Pick<Cen, 'id' | 'name' | 'generation'>> {
  readonly link_name: Cen['linkName'];
  readonly made: number;
  /** A list of {@link IdleMember}, as JSON. */
  readonly members: string;
}

interface ContainerRow extends Readonly<Pick<Container, 'id' | 'name' | 'generation' | 'desired'>> {
  readonly namespace: number;
}

/** A container that is in a CEN, by its name. */
export type IdleMember = Readonly<Pick<Member, 'container' | 'ordinal' | 'outside'>>;

/** A container or a CEN that no unfinished operation changes. */
export type IdleNetwork =
  | { readonly container: ContainerRow }
  | { readonly cen: Omit<CenRow, 'members'>; readonly members: readonly IdleMember[] };

/**
 * Those that an event named by what stands in labels: a resource's id, or a container's own name. (The `+` keeps SQLite
 * from going through the whole hypervisor.)
 */
const changedCens = '+n.hypervisor = :hypervisor AND n.id IN (SELECT value FROM json_each(:changed))';
const changedContainers = `+c.hypervisor = :hypervisor AND c.id IN (
    SELECT value FROM json_each(:changed)
    UNION
    SELECT x.id FROM json_each(:changed) j CROSS JOIN containers x ON x.hypervisor = :hypervisor AND x.name = j.value)`;

const busy = (subjectOf: string) => `EXISTS (SELECT 1 FROM operation_subjects s WHERE s.subject = ${subjectOf})`;

const selectCens = (which: string, page = '') => `
  SELECT n.id, n.name, n.link_name, n.generation, coalesce(n.spec ->> '$.made', 0) AS made,
    (SELECT json_group_array(json_object('container', container, 'ordinal', ordinal, 'outside', outside)) FROM (
      SELECT c.name AS container, m.ordinal, m.outside FROM members m CROSS JOIN containers c ON c.id = m.container
      WHERE m.cen = n.id AND m.removed IS NULL ORDER BY m.position, m.id)) AS members
  FROM cens n
  WHERE ${which} AND NOT ${busy(cenSubject)} ${page}`;

const selectContainers = (which: string, page = '') => `
  SELECT c.id, c.name, c.generation, c.desired, coalesce(c.applied_spec ->> '$.namespace', 0) AS namespace
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
export function loadIdleNetworks(hypervisor: string, changed: Changed): Query<IdlePage<IdleNetwork>> {
  if (changed === 'all') return loadPage(hypervisor, { cens: '', containers: '' });
  const args = { hypervisor, changed: JSON.stringify(changed) };
  const statements: readonly [Statement<CenRow>, Statement<ContainerRow>, Statement<{ changed: string }>] = [
    statement<CenRow>(selectNamedCens, args),
    statement<ContainerRow>(selectNamedContainers, args),
    statement<{ changed: string }>(selectBusy, args),
  ];
  return query(statements, ([foundCens, foundContainers, changing]) => ({
    idle: idleOf(hypervisor, foundCens, foundContainers),
    busy: changing.map((row) => row.changed),
    next: null,
  }));
}

/** The names that the next page begins after; null: there is none. */
interface Afters {
  readonly cens: string | null;
  readonly containers: string | null;
}

/** The next networks and the next containers, in one request; nothing comes after null. */
function loadPage(hypervisor: string, after: Afters): Query<IdlePage<IdleNetwork>> {
  const statements: readonly [Statement<CenRow>, Statement<ContainerRow>] = [
    statement<CenRow>(selectCenPage, { hypervisor, after: after.cens }),
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
  foundCens: readonly CenRow[],
  foundContainers: readonly ContainerRow[],
): IdleRows<IdleNetwork>[] {
  const idleContainer = (container: ContainerRow): IdleRows<IdleNetwork> => {
    const { id, name, generation } = container;
    const own = subject(hypervisor, 'containers', name);
    const owner = ownerOf({ kind: 'namespace', resource: id, name });
    return { subject: own, generation, subjects: [own], eventNames: [id, name], owner, rows: { container } };
  };
  const idleCen = (cen: CenRow): IdleRows<IdleNetwork> => {
    const { id, name, generation } = cen;
    const inIt: IdleMember[] = JSON.parse(cen.members);
    const own = subject(hypervisor, 'cens', name);
    return {
      subject: own,
      generation,
      subjects: [own, ...inIt.map(({ container }) => subject(hypervisor, 'containers', container))],
      eventNames: [id],
      owner: ownerOf({ kind: 'link', resource: id, name }),
      rows: { cen, members: inIt },
    };
  };
  return [...foundContainers.map(idleContainer), ...foundCens.map(idleCen)];
}
