import { label } from '../../../schema/names.ts';
import type { ClaimedOperation, Labelled } from '../../../schema/resources/definition.ts';
import type {
  OperationAddress,
  OperationCen,
  OperationCin,
  OperationCinCen,
  OperationContainer,
  OperationMember,
  OperationRows,
} from '../../../schema/resources/network/operation-rows.ts';
import { type PoolChange, poolChange } from '../../../schema/resources/network/pools.ts';
import type { Change } from '../resource.ts';
import { type AddressSide, addressingOf, type CinSide, isolationOf, placeOf } from './cins.ts';
import type { AddressingSpec, MemberSpec, Network, SegmentSpec } from './desired.ts';
import { type ProcessPlace, processAfter, processBefore } from './processes.ts';
import { isMade, isPresent, namespaceOf, segmentOf } from './wanted.ts';

type Side = 'before' | 'after';

/** What identifies the change that is to be made. */
export type OperationName = Pick<ClaimedOperation, 'kind' | 'resource' | 'request' | 'sequence'>;

/** The same, with what its request says of a pool. */
interface Asked extends OperationName {
  readonly pool: PoolChange | null;
}

/** The change that an operation makes, from its rows. Pure. */
export function networkChange(database: string, named: OperationName, rows: OperationRows): Change<Network> {
  const operation: Asked = { ...named, pool: poolChange(named) };
  const { cens, containers } = rows;
  const before = networkOn('before', database, operation, rows);
  const after = networkOn('after', database, operation, rows);
  const containersOn = (
    side: Side,
    present: (container: OperationContainer) => boolean,
  ): Pick<Network, 'namespaces' | 'processes'> => {
    const addressing = addressingOn(side, database, operation, rows);
    const places = containers
      .filter((container) => isOurs(container, after.segments))
      .map((container) => {
        const own = addressing.get(container.name);
        return { database, container, namespace: namespaceOf(database, container, present(container), own) };
      });
    const processOn = side === 'before' ? processBefore : (place: ProcessPlace) => processAfter(place, operation);
    return { namespaces: places.map(({ namespace }) => namespace), processes: places.flatMap(processOn) };
  };
  const unmade = cens.filter((cen) => cen.made === 1 && !madeAfter(operation, cen));
  return {
    before: { ...before, ...containersOn('before', ({ namespace }) => namespace === 1) },
    after: {
      ...after,
      ...containersOn('after', (container) =>
        namespaceAfter(operation, container, {
          isMember: isMember(container, after.segments),
          wasUnmade: isMember(
            container,
            before.segments.filter(({ name }) => unmade.some((cen) => cen.name === name)),
          ),
        }),
      ),
    },
    total: Math.max(1, totalOf(operation, rows)),
  };
}

function totalOf({ pool }: Asked, { members, containers }: OperationRows): number {
  if (pool !== null) return containers.filter(({ named }) => named === 1).length;
  return new Set(members.map(({ container }) => container)).size;
}

function networkOn(
  side: Side,
  database: string,
  operation: Asked,
  { cens, members, cins, cinCens }: OperationRows,
): Pick<Network, 'segments' | 'isolations'> {
  const membersOf = (cen: OperationCen, are: (member: OperationMember) => boolean): MemberSpec[] =>
    members
      .filter((member) => member.cen === cen.id && are(member))
      .map(({ container, ordinal, outside }) => ({ container, ordinal, outside }));
  const cinSide = cinSideOf<OperationCinCen>(side, operation, { cens, cins });
  const segments = cens.map((cen): SegmentSpec => {
    const made = side === 'before' ? cen.made === 1 : madeAfter(operation, cen);
    const present = membersOf(cen, (member) => member[side] === 1);
    const segment = segmentOf(database, cen, made, present);
    if (cen.partial === 1) return { ...segment, without: membersOf(cen, (member) => member[side] === 0) };
    const cin = placeOf(database, cen.id, cinCens, cinSide);
    return cin === undefined ? segment : { ...segment, cin };
  });
  const isolations = cins
    .filter(({ named }) => named === 1)
    .map((cin) => {
      const made = side === 'before' ? cin.made === 1 : cinMadeAfter(operation, cin);
      return isolationOf(database, cin, cinCens, { ...cinSide, made });
    });
  return { segments, isolations };
}

/** By container. */
function addressingOn(
  side: Side,
  database: string,
  operation: Asked,
  { cens, cins, addresses }: OperationRows,
): ReadonlyMap<string, AddressingSpec | undefined> {
  const pool = side === 'after' ? operation.pool : null;
  const cinSide: AddressSide<OperationAddress> = {
    ...cinSideOf<OperationAddress>(side, operation, { cens, cins }),
    isPreferred: (row) => (pool === null ? row.default_route : pool.defaultRoute) === row.cin_name,
  };
  const byContainer = Map.groupBy(addresses, ({ container }) => container);
  return new Map([...byContainer].map(([name, own]) => [name, addressingOf(database, own, cinSide)]));
}

function cinSideOf<Row extends OperationCinCen | OperationAddress>(
  side: Side,
  operation: Asked,
  { cens, cins }: Pick<OperationRows, 'cens' | 'cins'>,
): CinSide<Row> {
  const changed = side === 'after';
  const censMade = new Map(changed ? cens.map((cen) => [cen.id, madeAfter(operation, cen)]) : []);
  const cinsMade = new Map(changed ? cins.map((cin) => [cin.id, cinMadeAfter(operation, cin)]) : []);
  return {
    exists: (row) => row[side] === 1,
    cenMade: (row) => censMade.get(row.cen) ?? row.cen_made === 1,
    cinMade: (row) => cinsMade.get(row.cin) ?? row.cin_made === 1,
  };
}

/** The resource that the operation is named after; the others among its subjects only have to do with it. */
function isOwn({ resource }: Asked, kind: 'cens' | 'cins', { name }: { readonly name: string }): boolean {
  return resource.endsWith(`/${kind}/${name}`);
}

/**
 * The operation determines the namespaces of the containers that are its subjects. Of the other containers in its CENs
 * it uses only namespaces that certainly exist; the others may be changed by another operation at the same time.
 */
function isOurs(container: OperationContainer, after: readonly SegmentSpec[]): boolean {
  return container.named === 1 || (container.namespace === 1 && isMember(container, after));
}

function madeAfter(operation: Asked, cen: OperationCen): boolean {
  if (operation.pool?.makes.has(cen.name)) return true;
  if (!isOwn(operation, 'cens', cen)) return cen.made === 1;
  switch (operation.kind) {
    case 'cen.make':
      return true;
    case 'cen.destroy':
    case 'cen.delete':
      return false;
    case 'cen.repair':
      return isMade(cen);
    default:
      return cen.made === 1;
  }
}

function cinMadeAfter(operation: Asked, cin: OperationCin): boolean {
  if (operation.pool?.makes.has(cin.name)) return true;
  if (!isOwn(operation, 'cins', cin)) return cin.made === 1;
  switch (operation.kind) {
    case 'cin.make':
      return true;
    case 'cin.destroy':
    case 'cin.delete':
      return false;
    case 'cin.repair':
      return cin.wanted === 1;
    default:
      return cin.made === 1;
  }
}

/**
 * A container's namespace is created with the container itself or with the first of its CENs that is made. It is
 * deleted with a CEN that is unmade, unless the container was created explicitly or another CEN holds it.
 */
function namespaceAfter(
  { kind, pool }: Asked,
  container: OperationContainer,
  { isMember, wasUnmade }: { readonly isMember: boolean; readonly wasUnmade: boolean },
): boolean {
  if (container.named === 1) {
    if (pool !== null) return pool.numberOf(container.name) <= pool.size;
    if (kind === 'container.delete') return false;
    if (kind === 'container.create' || kind === 'cen.join') return true;
    if (kind === 'container.repair') return isPresent(container);
  }
  if (isMember) return true;
  if (container.named === 1 && wasUnmade) return container.explicit === 1 || container.held === 1;
  return container.namespace === 1;
}

function isMember({ name }: OperationContainer, segments: readonly SegmentSpec[]): boolean {
  return segments.some(({ made, members }) => made && members.some(({ container }) => container === name));
}

const noNetwork: Network = { namespaces: [], segments: [], isolations: [], processes: [] };

/** The change that removes these orphans: their resources are desired nowhere. */
export function garbageCollectionChange(database: string, orphans: readonly Labelled[]): Change<Network> {
  const links = Map.groupBy(
    orphans.filter(({ kind }) => kind === 'link'),
    ({ resource }) => resource,
  );
  const after: Network = {
    processes: orphans
      .filter(({ kind }) => kind === 'process')
      .map(({ name, resource }) => ({ owner: resource, container: name, label: label(database, resource), run: null })),
    isolations: orphans
      .filter(({ kind }) => kind === 'isolation')
      .map(({ name, label: owner }) => ({
        name,
        label: owner,
        present: false,
        bridges: [],
        gateway: null,
        forwarding: 'off',
      })),
    namespaces: orphans
      .filter(({ kind }) => kind === 'namespace')
      .map(({ name, resource }) => ({ name, label: label(database, resource), present: false })),
    segments: [...links].map(([resource, found]) => ({
      name: '',
      label: label(database, resource),
      linkName: '',
      made: false,
      // The namespaces of the links, so that they are observed.
      members: found.flatMap(({ place }) => (place === null ? [] : [{ container: place, ordinal: 0, outside: '' }])),
    })),
  };
  return { before: noNetwork, after, total: orphans.length };
}
