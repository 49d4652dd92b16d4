import { addressOf } from '../../../schema/addresses/address.ts';
import { hardwareAddress, label } from '../../../schema/names.ts';
import type { AddressRow, CinCenRow, CinRow } from '../../../schema/resources/network/cin-rows.ts';
import type { AddressingSpec, AddressSpec, CinPlace, IsolationSpec } from './desired.ts';
import { insideEndOf } from './layout.ts';

/*
 * What CINs desire of CENs, containers and the host, from rows, whether an operation or a scan has read them. Pure.
 * Whether a CEN and a CIN are made is a question of the side of an operation that is asked about.
 */

/** Whether a row counts, and what is made of it. */
export interface CinSide<Row> {
  readonly exists: (row: Row) => boolean;
  readonly cinMade: (row: Row) => boolean;
  readonly cenMade: (row: Row) => boolean;
}

/** The same for addresses. */
export interface AddressSide<Row> extends CinSide<Row> {
  /** The default route goes via the row's CIN, if that is made, instead of the lowest one. */
  readonly isPreferred: (row: Row) => boolean;
}

type Place = Pick<CinCenRow, 'cin' | 'cen' | 'first' | 'prefix' | 'link_name' | 'id'>;

const GATEWAY_OFFSET = 1;

/** The place of a CEN in its CIN, of which `rows` are all CENs in order; undefined: it is in none. */
export function placeOf<Row extends Place>(
  database: string,
  cen: string,
  rows: readonly Row[],
  side: CinSide<Row>,
): CinPlace | undefined {
  const own = rows.find((row) => row.cen === cen && side.exists(row)) ?? rows.find((row) => row.cen === cen);
  if (own === undefined) return undefined;
  const made = side.exists(own) && side.cinMade(own);
  const first = made ? firstMade(own.cin, rows, side) : undefined;
  return {
    made,
    gateway: {
      address: gatewayOf(own),
      prefix: own.prefix,
      mac: hardwareAddress(`${label(database, own.cin)} gateway`),
      present: first?.cen === cen,
    },
    uplink:
      first === undefined || first.cen === cen
        ? null
        : { bridge: first.link_name, label: label(database, first.cen), ends: uplinkNames(own) },
  };
}

/** The names of the two ends of the link to the CIN's first CEN. No id begins with `_`. */
export function uplinkNames({ id }: Pick<CinCenRow, 'id'>): readonly [string, string] {
  return [`_cin${id}a`, `_cin${id}b`];
}

function firstMade<Row extends Place>(cin: string, rows: readonly Row[], side: CinSide<Row>): Row | undefined {
  return rows.find((row) => row.cin === cin && side.exists(row) && side.cenMade(row));
}

/** The rule that isolates a CIN, of which `rows` are the CENs in order. */
export function isolationOf<Row extends Place>(
  database: string,
  { id, name, forwarding }: Pick<CinRow, 'id' | 'name' | 'forwarding'>,
  rows: readonly Row[],
  side: CinSide<Row> & { readonly made: boolean },
): IsolationSpec {
  const own = rows.filter((row) => row.cin === id && side.exists(row));
  const first = firstMade(id, own, side);
  return {
    name,
    label: label(database, id),
    present: side.made,
    bridges: own.map((row) => row.link_name),
    gateway: first === undefined ? null : { bridge: first.link_name, address: gatewayOf(first) },
    forwarding,
  };
}

/** The addresses of one container, of which `rows` are all interfaces in CINs, in order. */
export function addressingOf<Row extends AddressRow>(
  database: string,
  rows: readonly Row[],
  side: AddressSide<Row>,
): AddressingSpec | undefined {
  if (rows.length === 0) return undefined;
  const cins = [...Map.groupBy(rows, ({ cin }) => cin).values()];
  const carriers = cins.flatMap(
    (own) => own.find((row) => side.exists(row) && side.cinMade(row) && side.cenMade(row)) ?? [],
  );
  // The rows are in the order of the blocks.
  const router = carriers.find(side.isPreferred) ?? carriers[0];
  return {
    addresses: rows.map((row) => addressSpec(database, row, carriers.includes(row))),
    defaultRoute: router === undefined ? null : { via: gatewayOf(router), end: endOf(database, router) },
  };
}

function addressSpec(database: string, row: AddressRow, present: boolean): AddressSpec {
  const address = addressOf(BigInt(row.first + row.offset), 32);
  return { end: endOf(database, row), address, prefix: row.prefix, present };
}

function endOf(database: string, { cen, container, ordinal }: AddressRow): string {
  return insideEndOf(label(database, cen), { container, ordinal });
}

function gatewayOf({ first }: Pick<CinCenRow, 'first'>): string {
  return addressOf(BigInt(first + GATEWAY_OFFSET), 32);
}
