import { type Database, statement } from '../../schema/database/database.ts';
import { label, subject } from '../../schema/names.ts';
import { cenSubject, containerSubject } from '../../schema/statements/networks.ts';
import type { MemberWish, Network } from '../resources/network/desired.ts';
import type { Labelled, Touched } from '../resources/resource.ts';
import { bridgesSubject } from './bridges-rows.ts';
import type { AtRest, Resting } from './records.ts';

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

const selectCens = (which: string) => `
  SELECT n.id, n.name, n.link_name, n.generation, coalesce(n.spec ->> '$.made', 0) AS made,
    (SELECT json_group_array(json_object('container', container, 'ordinal', ordinal, 'outside', outside)) FROM (
      SELECT c.name AS container, m.ordinal, m.outside FROM members m CROSS JOIN containers c ON c.id = m.container
      WHERE m.cen = n.id AND m.removed IS NULL ORDER BY m.position, m.id)) AS members
  FROM cens n
  WHERE ${which} AND NOT ${busy(cenSubject)}`;

const selectContainers = (which: string) => `
  SELECT c.id, c.name, c.generation, c.desired, coalesce(c.applied_spec ->> '$.namespace', 0) AS namespace
  FROM containers c
  WHERE ${which} AND NOT ${busy(containerSubject)}`;

const selectBusy = `
  SELECT n.id AS touched FROM cens n WHERE ${touchedCens} AND ${busy(cenSubject)}
  UNION ALL
  SELECT c.id FROM containers c WHERE ${touchedContainers} AND ${busy(containerSubject)}`;

const selectNone = 'SELECT NULL AS touched WHERE false';

/** Of all rows of the hypervisor, or of the touched: those that rest, and what of the touched does not. */
const selects = {
  all: [selectCens('n.hypervisor = :hypervisor'), selectContainers('c.hypervisor = :hypervisor'), selectNone],
  touched: [selectCens(touchedCens), selectContainers(touchedContainers), selectBusy],
} as const;

/** The networks and containers of a hypervisor that no unfinished operation changes, on one snapshot. */
export async function loadResting(
  database: Database,
  { databaseId, hypervisor }: { readonly databaseId: string; readonly hypervisor: string },
  touched: Touched,
): Promise<AtRest<Network>> {
  const [ofCens, ofContainers, ofBusy] = touched === 'all' ? selects.all : selects.touched;
  const args = { hypervisor, touched: touched === 'all' ? null : JSON.stringify(touched) };
  const [cens, containers, changing] = await database.read(
    [
      statement<CenRow>(ofCens, args),
      statement<ContainerRow>(ofContainers, args),
      statement<{ touched: string }>(ofBusy, args),
    ],
    { call: 'look.network' },
  );
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
  return {
    resting: [...containers.map(restingContainer), ...cens.map(restingCen)],
    busy: changing.map((row) => row.touched),
  };
}

/**
 * A container's namespace has the container's name; links are their CEN's under whatever name, or of the bridges of a
 * hypervisor, which looks after them itself.
 */
const selectOrphans = `
  SELECT j.key AS place FROM json_each(:labelled) j
  WHERE NOT EXISTS (SELECT 1 FROM cens n WHERE n.id = j.value ->> 'resource' AND j.value ->> 'kind' = 'link')
    AND NOT EXISTS (
      SELECT 1 FROM hypervisors h
      WHERE h.id = substr(j.value ->> 'resource', length('hypervisors/') + 1, 36)
        AND ${bridgesSubject('h.id')} = j.value ->> 'resource' AND j.value ->> 'kind' = 'link')
    AND NOT EXISTS (
      SELECT 1 FROM containers c
      WHERE c.id = j.value ->> 'resource' AND j.value ->> 'kind' = 'namespace' AND c.name = j.value ->> 'name')`;

/** Of what bears our label, that which no row knows. One resource is asked for once, however much is labelled with it. */
export async function findOrphans(database: Database, labelled: readonly Labelled[]): Promise<Labelled[]> {
  const groups = [
    ...Map.groupBy(
      labelled,
      ({ kind, resource, name }) => `${kind} ${resource} ${kind === 'namespace' ? name : ''}`,
    ).values(),
  ];
  const asked = groups.flatMap(([first]) =>
    first ? [{ kind: first.kind, resource: first.resource, name: first.name }] : [],
  );
  const [rows] = await database.read(
    [statement<{ place: number }>(selectOrphans, { labelled: JSON.stringify(asked) })],
    { call: 'look.orphans' },
  );
  return rows.flatMap(({ place }) => groups[place] ?? []);
}
