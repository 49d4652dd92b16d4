import { label } from '../../../schema/names.ts';
import type { AddressRow, CinCenRow } from '../../../schema/resources/network/cin-rows.ts';
import type { CenRow, ContainerRow, NetworkRows } from '../../../schema/resources/network/rows.ts';
import { type AddressSide, addressingOf, type CinSide, isolationOf, placeOf } from './cins.ts';
import type { AddressingSpec, MemberSpec, NamespaceSpec, Network, SegmentSpec } from './desired.ts';
import { idleProcess } from './processes.ts';

/* The desired state from rows, whether an operation or a scan has read them. Pure. `database`: its id, as in labels. */

export function segmentOf(
  database: string,
  { id, name, link_name }: CenRow,
  made: boolean,
  members: readonly MemberSpec[],
): SegmentSpec {
  return { name, label: label(database, id), linkName: link_name, made, members };
}

export function namespaceOf(
  database: string,
  { id, name }: ContainerRow,
  present: boolean,
  addressing: AddressingSpec | undefined,
): NamespaceSpec {
  return { name, label: label(database, id), present, ...(addressing && { addressing }) };
}

/** The desired state of a resource by itself: a scan compares it, and a repair establishes it. */
export function isMade({ wanted }: CenRow): boolean {
  return wanted === 1;
}

export function isPresent({ desired, namespace }: ContainerRow): boolean {
  return desired === 'present' && namespace === 1;
}

/** Rows that no operation is changing contain what is to be. */
const idle: CinSide<CinCenRow | AddressRow> = {
  exists: () => true,
  cinMade: (row) => row.cin_made === 1,
  cenMade: (row) => row.cen_made === 1,
};

const idleAddresses: AddressSide<AddressRow> = { ...idle, isPreferred: (row) => row.default_route === row.cin_name };

/** One CEN with its members, one container by itself, or one CIN. */
export function wantedOf(
  database: string,
  { cens, members, containers, cins, cinCens, addresses }: NetworkRows,
): Network {
  const places = containers.map((container) => {
    const addressing = addressingOf(database, addresses, idleAddresses);
    return { database, container, namespace: namespaceOf(database, container, isPresent(container), addressing) };
  });
  return {
    namespaces: places.map(({ namespace }) => namespace),
    processes: places.flatMap(idleProcess),
    segments: cens.map((cen) => {
      const segment = segmentOf(database, cen, isMade(cen), members);
      const cin = placeOf(database, cen.id, cinCens, idle);
      return cin === undefined ? segment : { ...segment, cin };
    }),
    isolations: cins.map((cin) => isolationOf(database, cin, cinCens, { ...idle, made: cin.wanted === 1 })),
  };
}
