import { label } from '../../../schema/names.ts';
import type { CenRow, ContainerRow, NetworkRows } from '../../../schema/resources/network/rows.ts';
import type { MemberSpec, NamespaceSpec, Network, SegmentSpec } from './desired.ts';

/* The desired state from rows, whether an operation or a scan has read them. Pure. `database`: its id, as in labels. */

export function segmentOf(
  database: string,
  { id, name, link_name }: CenRow,
  made: boolean,
  members: readonly MemberSpec[],
): SegmentSpec {
  return { name, label: label(database, id), linkName: link_name, made, members };
}

export function namespaceOf(database: string, { id, name }: ContainerRow, present: boolean): NamespaceSpec {
  return { name, label: label(database, id), present };
}

/** The desired state of a resource by itself: a scan compares it, and a repair establishes it. */
export function isMade({ wanted }: CenRow): boolean {
  return wanted === 1;
}

export function isPresent({ desired, namespace }: ContainerRow): boolean {
  return desired === 'present' && namespace === 1;
}

/** One CEN with its members, or containers by themselves. */
export function wantedOf(database: string, { cens, members, containers }: NetworkRows): Network {
  return {
    namespaces: containers.map((container) => namespaceOf(database, container, isPresent(container))),
    segments: cens.map((cen) => segmentOf(database, cen, isMade(cen), members)),
  };
}
