import { label } from '../../../schema/names.ts';
import type { Labelled } from '../../../schema/resources/definition.ts';
import type {
  CenRow,
  ContainerRow,
  MemberRow,
  OperationRowSet,
} from '../../../schema/resources/network/operation-rows.ts';
import type { Change } from '../resource.ts';
import type { MemberSpec, NamespaceSpec, Network, SegmentSpec } from './desired.ts';

/** What an operation of a kind turns its rows into. Pure. */
export function networkChange(
  database: string,
  kind: string,
  { cens, members, containers }: OperationRowSet,
): Change<Network> {
  const membersOf = (cen: CenRow, are: (member: MemberRow) => boolean): MemberSpec[] =>
    members
      .filter((member) => member.cen === cen.id && are(member))
      .map(({ container, ordinal, outside }) => ({ container, ordinal, outside }));
  const segments = (side: 'before' | 'after'): SegmentSpec[] =>
    cens.map((cen) => ({
      name: cen.name,
      label: label(database, cen.id),
      linkName: cen.link_name,
      made: side === 'before' ? cen.made === 1 : madeAfter(kind, cen),
      members: membersOf(cen, (member) => member[side] === 1),
      ...(cen.partial === 1 ? { without: membersOf(cen, (member) => member[side] === 0) } : {}),
    }));
  const before = segments('before');
  const after = segments('after');
  const namespaces = (present: (container: ContainerRow) => boolean): NamespaceSpec[] =>
    containers
      .filter((container) => isOurs(container, after))
      .map((container) => ({
        name: container.name,
        label: label(database, container.id),
        present: present(container),
      }));
  return {
    before: { namespaces: namespaces(({ namespace }) => namespace === 1), segments: before },
    after: { namespaces: namespaces((container) => namespaceAfter(kind, container, before, after)), segments: after },
    total: Math.max(1, new Set(members.map(({ container }) => container)).size),
  };
}

/**
 * The operation decides about the containers that it names. Of the others in its CENs it needs those namespaces that
 * are there for sure; the rest may be another operation's at this moment.
 */
function isOurs(container: ContainerRow, after: readonly SegmentSpec[]): boolean {
  return container.named === 1 || (container.namespace === 1 && isMember(container, after));
}

function madeAfter(kind: string, cen: CenRow): boolean {
  switch (kind) {
    case 'cen.make':
      return true;
    case 'cen.destroy':
    case 'cen.delete':
      return false;
    case 'cen.repair':
      return cen.wanted === 1;
    default:
      return cen.made === 1;
  }
}

/**
 * A container's namespace comes with the container itself or with the first CEN that is made of it. A CEN that is
 * unmade takes it along, unless somebody asked for the container by itself or another CEN holds it.
 */
function namespaceAfter(
  kind: string,
  container: ContainerRow,
  before: readonly SegmentSpec[],
  after: readonly SegmentSpec[],
): boolean {
  if (container.named === 1) {
    if (kind === 'container.delete') return false;
    if (kind === 'container.create' || kind === 'cen.join') return true;
    if (kind === 'container.repair') return container.desired === 'present' && container.namespace === 1;
  }
  if (isMember(container, after)) return true;
  const unmade = isMember(container, before) && kind !== 'cen.leave' && kind !== 'cen.import';
  if (container.named === 1 && unmade) return container.explicit === 1 || container.held === 1;
  return container.namespace === 1;
}

function isMember({ name }: ContainerRow, segments: readonly SegmentSpec[]): boolean {
  return segments.some(({ made, members }) => made && members.some(({ container }) => container === name));
}

/** What takes these orphans away: their resources are wanted nowhere. */
export function garbageCollectionChange(database: string, orphans: readonly Labelled[]): Change<Network> {
  const links = Map.groupBy(
    orphans.filter(({ kind }) => kind === 'link'),
    ({ resource }) => resource,
  );
  const after: Network = {
    namespaces: orphans
      .filter(({ kind }) => kind === 'namespace')
      .map(({ name, resource }) => ({ name, label: label(database, resource), present: false })),
    segments: [...links].map(([resource, found]) => ({
      name: '',
      label: label(database, resource),
      linkName: '',
      made: false,
      // Where the links are, so that they are looked for there.
      members: found.flatMap(({ place }) => (place === null ? [] : [{ container: place, ordinal: 0, outside: '' }])),
    })),
  };
  return { before: { namespaces: [], segments: [] }, after, total: orphans.length };
}
