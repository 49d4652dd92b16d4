import { type Database, statement } from '../../schema/database/database.ts';
import { label, subject } from '../../schema/names.ts';
import { cenSubject, containerSubject } from '../../schema/resources/network/rollback.ts';
import type { MemberWish, Network } from '../kinds/network/desired.ts';
import type { Touched } from '../kinds/resource.ts';
import { findOrphans } from './network-orphans.ts';
import { type AtRest, type Records, type Resting, selectLast } from './records.ts';

export interface NetworkOf {
  readonly databaseId: string;
  readonly hypervisor: string;
}

/** All rows of a hypervisor are read in pages of so many: no page holds up others who use the database. */
export const PAGE_ROWS = 500;

interface CenRow {
  readonly id: string;
  readonly name: string;
  readonly link_name: string;
  readonly generation: number;
  readonly made: number;
  readonly members: string;
}

interface ContainerRow {
  readonly id: string;
  readonly name: string;
  readonly generation: number;
  readonly desired: 'present' | 'absent';
  readonly namespace: number;
}

/**
 * Those that an event named by what stands in labels: a resource's id, or a container's own name. (The `+` keeps SQLite
 * from going through the whole hypervisor.)
 */
const touchedCens = '+n.hypervisor = :hypervisor AND n.id IN (SELECT value FROM json_each(:touched))';
const touchedContainers = `+c.hypervisor = :hypervisor AND c.id IN (
    SELECT value FROM json_each(:touched)
    UNION
    SELECT x.id FROM json_each(:touched) j CROSS JOIN containers x ON x.hypervisor = :hypervisor AND x.name = j.value)`;

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
  SELECT n.id AS touched FROM cens n WHERE ${touchedCens} AND ${busy(cenSubject)}
  UNION ALL
  SELECT c.id FROM containers c WHERE ${touchedContainers} AND ${busy(containerSubject)}`;

const selectCenPage = selectCens(
  'n.hypervisor = :hypervisor AND n.name > :after',
  `ORDER BY n.name LIMIT ${PAGE_ROWS}`,
);

const selectContainerPage = selectContainers(
  'c.hypervisor = :hypervisor AND c.name > :after',
  `ORDER BY c.name LIMIT ${PAGE_ROWS}`,
);

const selectNamedCens = selectCens(touchedCens);
const selectNamedContainers = selectContainers(touchedContainers);

/** What a look at the host asks of the rows of networks and containers, and nothing else of these. */
export function networkResting(
  database: Pick<Database, 'read'>,
  of: NetworkOf,
): Pick<Records<Network>, 'loadResting' | 'findOrphans'> {
  return {
    loadResting: (touched) => loadResting(database, of, touched),
    findOrphans: (labelled, known) => findOrphans(database, labelled, known),
  };
}

/** The networks and containers of a hypervisor that no unfinished operation changes. */
async function loadResting(
  database: Pick<Database, 'read'>,
  of: NetworkOf,
  touched: Touched,
): Promise<AtRest<Network>> {
  if (touched === 'all') return loadPages(database, of);
  const args = { hypervisor: of.hypervisor, touched: JSON.stringify(touched) };
  const [cens, containers, changing, [last]] = await database.read(
    [
      statement<CenRow>(selectNamedCens, args),
      statement<ContainerRow>(selectNamedContainers, args),
      statement<{ touched: string }>(selectBusy, args),
      selectLast,
    ],
    { call: 'look.network' },
  );
  const busy = changing.map((row) => row.touched);
  return { resting: restingOf(of, { cens, containers }), busy, since: last?.last ?? 0 };
}

interface Page {
  readonly cens: readonly CenRow[];
  readonly containers: readonly ContainerRow[];
}

interface ReadPage extends Page {
  readonly last: number;
}

/**
 * Each page is a snapshot of its own. Each row is judged by itself, by its own generation, and the host is looked at after
 * the last page: a row that changes between two pages is the same to the look as one that changes after the last.
 */
async function loadPages(database: Pick<Database, 'read'>, of: NetworkOf): Promise<AtRest<Network>> {
  const resting: Resting<Network>[] = [];
  let since = Number.POSITIVE_INFINITY;
  let after: Afters = { cens: '', containers: '' };
  while (after.cens !== null || after.containers !== null) {
    const page = await loadPage(database, of, after);
    resting.push(...restingOf(of, page));
    since = Math.min(since, page.last);
    after = { cens: lastOf(page.cens), containers: lastOf(page.containers) };
  }
  return { resting, busy: [], since };
}

/** The names that the next page begins after; null: there is none. */
interface Afters {
  readonly cens: string | null;
  readonly containers: string | null;
}

function lastOf(rows: readonly { readonly name: string }[]): string | null {
  return rows.length < PAGE_ROWS ? null : (rows.at(-1)?.name ?? null);
}

/** The next networks and the next containers, in one request; nothing comes after null. */
async function loadPage(database: Pick<Database, 'read'>, { hypervisor }: NetworkOf, after: Afters): Promise<ReadPage> {
  const [cens, containers, [last]] = await database.read(
    [
      statement<CenRow>(selectCenPage, { hypervisor, after: after.cens }),
      statement<ContainerRow>(selectContainerPage, { hypervisor, after: after.containers }),
      selectLast,
    ],
    { call: 'look.network' },
  );
  return { cens, containers, last: last?.last ?? 0 };
}

function restingOf({ databaseId, hypervisor }: NetworkOf, { cens, containers }: Page): Resting<Network>[] {
  const restingContainer = ({ id, name, generation, desired, namespace }: ContainerRow): Resting<Network> => {
    const own = subject(hypervisor, 'containers', name);
    const present = desired === 'present' && namespace === 1;
    const wish = { name, label: label(databaseId, id), present };
    return {
      subject: own,
      generation,
      subjects: [own],
      touchedBy: [id, name],
      desired: { namespaces: [wish], segments: [] },
    };
  };
  const restingCen = ({ id, name, link_name, generation, made, members }: CenRow): Resting<Network> => {
    const wishes: MemberWish[] = JSON.parse(members);
    const own = subject(hypervisor, 'cens', name);
    const segment = { name, label: label(databaseId, id), linkName: link_name, made: made === 1, members: wishes };
    return {
      subject: own,
      generation,
      subjects: [own, ...wishes.map(({ container }) => subject(hypervisor, 'containers', container))],
      touchedBy: [id],
      desired: { namespaces: [], segments: [segment] },
    };
  };
  return [...containers.map(restingContainer), ...cens.map(restingCen)];
}
