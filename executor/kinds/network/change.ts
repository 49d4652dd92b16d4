import { label } from '../../../schema/names.ts';
import type { Labelled } from '../../../schema/resources/definition.ts';
import type {
  OperationCen,
  OperationContainer,
  OperationMember,
  OperationRows,
} from '../../../schema/resources/network/operation-rows.ts';
import type { Change } from '../resource.ts';
import type { MemberSpec, NamespaceSpec, Network, SegmentSpec } from './desired.ts';
import { isMade, isPresent, namespaceOf, segmentOf } from './wanted.ts';

/** The change that an operation makes, from its rows. Pure. */
export function networkChange(
  database: string,
  kind: string,
  { cens, members, containers }: OperationRows,
): Change<Network> {
  const membersOf = (cen: OperationCen, are: (member: OperationMember) => boolean): MemberSpec[] =>
    members
      .filter((member) => member.cen === cen.id && are(member))
      .map(({ container, ordinal, outside }) => ({ container, ordinal, outside }));
  const segments = (side: 'before' | 'after'): SegmentSpec[] =>
    cens.map((cen) => {
      const made = side === 'before' ? cen.made === 1 : madeAfter(kind, cen);
      const present = membersOf(cen, (member) => member[side] === 1);
      const segment = segmentOf(database, cen, made, present);
      return cen.partial === 0 ? segment : { ...segment, without: membersOf(cen, (member) => member[side] === 0) };
    });
  const before = segments('before');
  const after = segments('after');
  const namespaces = (present: (container: OperationContainer) => boolean): NamespaceSpec[] =>
    containers
      .filter((container) => isOurs(container, after))
      .map((container) => namespaceOf(database, container, present(container)));
  return {
    before: { namespaces: namespaces(({ namespace }) => namespace === 1), segments: before },
    after: { namespaces: namespaces((container) => namespaceAfter(kind, container, before, after)), segments: after },
    total: Math.max(1, new Set(members.map(({ container }) => container)).size),
  };
}

/**
 * The operation determines the namespaces of the containers that are its subjects. Of the other containers in its CENs
 * it uses only namespaces that certainly exist; the others may be changed by another operation at the same time.
 */
function isOurs(container: OperationContainer, after: readonly SegmentSpec[]): boolean {
  return container.named === 1 || (container.namespace === 1 && isMember(container, after));
}

function madeAfter(kind: string, cen: OperationCen): boolean {
  switch (kind) {
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

/**
 * A container's namespace is created with the container itself or with the first of its CENs that is made. It is
 * deleted with a CEN that is unmade, unless the container was created explicitly or another CEN holds it.
 */
function namespaceAfter(
  kind: string,
  container: OperationContainer,
  before: readonly SegmentSpec[],
  after: readonly SegmentSpec[],
): boolean {
  if (container.named === 1) {
    if (kind === 'container.delete') return false;
    if (kind === 'container.create' || kind === 'cen.join') return true;
    if (kind === 'container.repair') return isPresent(container);
  }
  if (isMember(container, after)) return true;
  const unmade = isMember(container, before) && kind !== 'cen.leave' && kind !== 'cen.import';
  if (container.named === 1 && unmade) return container.explicit === 1 || container.held === 1;
  return container.namespace === 1;
}

function isMember({ name }: OperationContainer, segments: readonly SegmentSpec[]): boolean {
  return segments.some(({ made, members }) => made && members.some(({ container }) => container === name));
}

/** The change that removes these orphans: their resources are desired nowhere. */
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
      // The namespaces of the links, so that they are observed.
      members: found.flatMap(({ place }) => (place === null ? [] : [{ container: place, ordinal: 0, outside: '' }])),
    })),
  };
  return { before: { namespaces: [], segments: [] }, after, total: orphans.length };
}
