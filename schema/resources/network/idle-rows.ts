import { statement } from '../../database/database.ts';
import { type Changed, type IdlePage, type IdleRows, ownerOf, type Query, query } from '../definition.ts';
import {
  type AddressRow,
  addressColumns,
  type CinCenRow,
  type CinRow,
  cinCenColumns,
  cinColumns,
  wantedMade,
  wantedRoute,
} from './cin-rows.ts';
import { cenSubject, cinSubject, containerSubject, networkSubject } from './rollback.ts';
import {
  type CenRow,
  type ContainerRow,
  cenColumns,
  containerColumns,
  type MemberRow,
  type NetworkRows,
  processColumn,
} from './rows.ts';

/**
 * All rows of a hypervisor are read in pages of this size, so that no page blocks other users of the database for long.
 */
export const PAGE_ROWS = 500;

interface CenWithMembers extends CenRow {
  /** A list of {@link MemberRow}, as JSON. */
  readonly members: string;
  /** A list of {@link CinCenRow}, as JSON: its own place in a CIN, and that of the CIN's first CEN that is to be made. */
  readonly cin_cens: string;
}

interface ContainerWithAddresses extends ContainerRow {
  /** A list of {@link AddressRow}, as JSON. */
  readonly addresses: string;
}

interface CinWithCens extends CinRow {
  /** A list of {@link CinCenRow}, as JSON. */
  readonly cin_cens: string;
  /** A list of the subjects of its CENs and of their containers, as JSON. */
  readonly subjects: string;
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

const changedCins = '+i.hypervisor = :hypervisor AND i.id IN (SELECT value FROM json_each(:changed))';

const busy = (subjectOf: string) => `EXISTS (SELECT 1 FROM operation_subjects s WHERE s.subject = ${subjectOf})`;

/** The rows of a subquery as a JSON list of objects with these members. */
const listOf = (members: readonly string[], rows: string) =>
  `(SELECT json_group_array(json_object(${members.map((member) => `'${member}', ${member}`).join(', ')})) FROM (${rows}))`;

const cinCenMembers = ['id', 'cin', 'cen', 'first', 'prefix', 'link_name', 'cin_made', 'cen_made'];
const addressMembers = [
  ...['container', 'cin', 'cin_name', 'cen', 'first', 'prefix', 'offset', 'ordinal', 'cin_made', 'cen_made'],
  'default_route',
];

/** CENs of CINs; `which` selects them over `x`. */
const cinCensWhere = (which: string) =>
  listOf(
    cinCenMembers,
    `SELECT ${cinCenColumns}, ${wantedMade}
     FROM cin_cens x CROSS JOIN cins i ON i.id = x.cin CROSS JOIN cens n ON n.id = x.cen
     WHERE ${which} AND x.removed IS NULL ORDER BY x.position, x.id`,
  );

const firstMade = `
  SELECT y.id FROM cin_cens y CROSS JOIN cens k ON k.id = y.cen
  WHERE y.cin = o.cin AND y.removed IS NULL AND k.spec ->> '$.made' ORDER BY y.position, y.id LIMIT 1`;

/** Of the CEN `e`. */
const placesInCin = `(
  SELECT ${cinCensWhere(`x.id IN (o.id, (${firstMade}))`)} FROM cin_cens o WHERE o.cen = e.id AND o.removed IS NULL)`;

const selectCens = (which: string, page = '') => `
  SELECT e.*,
    ${listOf(
      ['container', 'ordinal', 'outside'],
      `SELECT c.name AS container, m.ordinal, m.outside FROM members m CROSS JOIN containers c ON c.id = m.container
       WHERE m.cen = e.id AND m.removed IS NULL ORDER BY m.position, m.id`,
    )} AS members,
    coalesce(${placesInCin}, '[]') AS cin_cens
  FROM (SELECT ${cenColumns} FROM cens n WHERE ${which} AND NOT ${busy(cenSubject)} ${page}) e ORDER BY e.name`;

const selectContainers = (which: string, page = '') => `
  SELECT ${containerColumns}, ${processColumn('m.removed IS NULL')} AS process,
    ${listOf(
      addressMembers,
      `SELECT ${addressColumns}, ${wantedMade}, ${wantedRoute}
       FROM cin_addresses a
       CROSS JOIN cins i ON i.id = a.cin
       CROSS JOIN members m ON m.container = a.container AND m.removed IS NULL
       CROSS JOIN cin_cens x ON x.cen = m.cen AND x.cin = a.cin AND x.removed IS NULL
       CROSS JOIN cens n ON n.id = m.cen
       WHERE a.container = c.id ORDER BY i.first, x.position, x.id`,
    )} AS addresses
  FROM containers c
  WHERE ${which} AND NOT ${busy(containerSubject)} ${page}`;

/** Of the CIN `e`: its repair restores all that the CIN consists of. */
const subjectsOfCin = `(SELECT json_group_array(subject) FROM (
  SELECT ${cenSubject} AS subject FROM cin_cens x CROSS JOIN cens n ON n.id = x.cen WHERE x.cin = e.id
  UNION ALL
  SELECT ${containerSubject} FROM cin_addresses a CROSS JOIN containers c ON c.id = a.container WHERE a.cin = e.id))`;

const selectCins = (which: string, page = '') => `
  SELECT e.*, ${cinCensWhere('x.cin = e.id')} AS cin_cens, ${subjectsOfCin} AS subjects
  FROM (SELECT ${cinColumns} FROM cins i WHERE ${which} AND NOT ${busy(cinSubject)} ${page}) e ORDER BY e.name`;

const selectBusy = `
  SELECT n.id AS changed FROM cens n WHERE ${changedCens} AND ${busy(cenSubject)}
  UNION ALL
  SELECT c.id FROM containers c WHERE ${changedContainers} AND ${busy(containerSubject)}
  UNION ALL
  SELECT i.id FROM cins i WHERE ${changedCins} AND ${busy(cinSubject)}`;

const pageOf = (row: string) => `${row}.hypervisor = :hypervisor AND ${row}.name > :after`;
const inOrder = (row: string) => `ORDER BY ${row}.name LIMIT ${PAGE_ROWS}`;

const selectCenPage = selectCens(pageOf('n'), inOrder('n'));
const selectContainerPage = selectContainers(pageOf('c'), inOrder('c'));
const selectCinPage = selectCins(pageOf('i'), inOrder('i'));

const selectNamedCens = selectCens(changedCens);
const selectNamedContainers = selectContainers(changedContainers);
const selectNamedCins = selectCins(changedCins);

/** The networks and containers of a hypervisor that no unfinished operation changes. */
export function loadIdleNetworks(hypervisor: string, changed: Changed): Query<IdlePage<NetworkRows>> {
  if (changed === 'all') return loadPage(hypervisor, { cens: '', containers: '', cins: '' });
  const args = { hypervisor, changed: JSON.stringify(changed) };
  const statements = [
    statement<CenWithMembers>(selectNamedCens, args),
    statement<ContainerWithAddresses>(selectNamedContainers, args),
    statement<CinWithCens>(selectNamedCins, args),
    statement<{ changed: string }>(selectBusy, args),
  ] as const;
  return query(statements, ([cens, containers, cins, changing]) => ({
    idle: idleOf(hypervisor, { cens, containers, cins }),
    busy: changing.map((row) => row.changed),
    next: null,
  }));
}

/** The names after which the next page starts; null: there is none. */
interface Afters {
  readonly cens: string | null;
  readonly containers: string | null;
  readonly cins: string | null;
}

/** The next networks and the next containers, in one request; null: no further ones. */
function loadPage(hypervisor: string, after: Afters): Query<IdlePage<NetworkRows>> {
  const statements = [
    statement<CenWithMembers>(selectCenPage, { hypervisor, after: after.cens }),
    statement<ContainerWithAddresses>(selectContainerPage, { hypervisor, after: after.containers }),
    statement<CinWithCens>(selectCinPage, { hypervisor, after: after.cins }),
  ] as const;
  return query(statements, ([cens, containers, cins]) => {
    const next = { cens: lastOf(cens), containers: lastOf(containers), cins: lastOf(cins) };
    return {
      idle: idleOf(hypervisor, { cens, containers, cins }),
      busy: [],
      next: Object.values(next).every((each) => each === null) ? null : loadPage(hypervisor, next),
    };
  });
}

function lastOf(rows: readonly { readonly name: string }[]): string | null {
  return rows.length < PAGE_ROWS ? null : (rows.at(-1)?.name ?? null);
}

interface FoundRows {
  readonly cens: readonly CenWithMembers[];
  readonly containers: readonly ContainerWithAddresses[];
  readonly cins: readonly CinWithCens[];
}

function idleOf(hypervisor: string, { cens, containers, cins }: FoundRows): IdleRows<NetworkRows>[] {
  return [
    ...containers.map((each) => idleContainer(hypervisor, each)),
    ...cens.map((each) => idleCen(hypervisor, each)),
    ...cins.map((each) => idleCin(hypervisor, each)),
  ];
}

const noRows: NetworkRows = { cens: [], members: [], containers: [], cins: [], cinCens: [], addresses: [] };

function idleContainer(hypervisor: string, { addresses, ...container }: ContainerWithAddresses): IdleRows<NetworkRows> {
  const { id, name, generation } = container;
  const own = networkSubject(hypervisor, 'containers', name);
  return {
    subject: own,
    generation,
    subjects: [own],
    eventNames: [id, name],
    owners: [ownerOf('namespace', id, name), ...(container.process === null ? [] : [ownerOf('process', id, null)])],
    rows: { ...noRows, containers: [container], addresses: JSON.parse(addresses) as AddressRow[] },
  };
}

function idleCen(hypervisor: string, { members, cin_cens, ...cen }: CenWithMembers): IdleRows<NetworkRows> {
  const { id, name, generation } = cen;
  const inIt: MemberRow[] = JSON.parse(members);
  const own = networkSubject(hypervisor, 'cens', name);
  return {
    subject: own,
    generation,
    subjects: [own, ...inIt.map(({ container }) => networkSubject(hypervisor, 'containers', container))],
    eventNames: [id],
    owners: [ownerOf('link', id, null)],
    rows: { ...noRows, cens: [cen], members: inIt, cinCens: JSON.parse(cin_cens) as CinCenRow[] },
  };
}

function idleCin(hypervisor: string, { cin_cens, subjects, ...cin }: CinWithCens): IdleRows<NetworkRows> {
  const own = networkSubject(hypervisor, 'cins', cin.name);
  return {
    subject: own,
    generation: cin.generation,
    subjects: [own, ...(JSON.parse(subjects) as string[])],
    eventNames: [cin.id],
    owners: [ownerOf('isolation', cin.id, null)],
    rows: { ...noRows, cins: [cin], cinCens: JSON.parse(cin_cens) as CinCenRow[] },
  };
}
