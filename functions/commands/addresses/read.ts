import * as v from 'valibot';
import { numberOf } from '../../../schema/addresses/address.ts';
import { addressAt, type Block, OFFSET_MAX } from '../../../schema/addresses/block.ts';
import { type AddressBody, addressSchema } from '../../../schema/api/fleet/subnets.ts';
import { type List, limitOf, type Page, type Part, partOf } from '../../../schema/api/pages.ts';
import { type Database, statement } from '../../../schema/database/database.ts';
import type { addresses } from '../../../schema/tables/fleet.ts';
import type { RowOf } from '../../../schema/tables/row.ts';
import { timestamp } from '../../operations/operation.ts';
import { blockOf, type ReadSubnet } from '../subnets/read.ts';

type AddressRow = Pick<RowOf<typeof addresses>, 'offset' | 'owner' | 'created_ms'>;

const addressKeySchema = v.strictTuple([addressSchema]);
type AddressKey = v.InferOutput<typeof addressKeySchema>;

/** Ordered by address: offsets change when the subnet gets another block, addresses do not. */
export const addressList: List<AddressKey> = { name: 'addresses', key: addressKeySchema };

const selectPage = `
  SELECT offset, owner, created_ms FROM addresses WHERE subnet = :subnet AND offset > :after
  ORDER BY offset LIMIT :limit + 1`;

/** The reserved addresses of a subnet. */
export async function readAddresses(
  database: Database,
  { body }: ReadSubnet,
  page: Page<AddressKey>,
): Promise<Part<AddressBody, AddressKey>> {
  const block = blockOf(body);
  if (block === null) return { items: [], next: null };
  const args = { subnet: body.id, after: offsetAfter(block, page.after), limit: limitOf(page) };
  const [rows] = await database.read([statement<AddressRow>(selectPage, args)]);
  const { items, next } = partOf(rows, page, ({ offset }): AddressKey => [addressAt(block, offset)]);
  return { items: items.map((row) => addressBody(block, row)), next };
}

/** The cursor of a page may be an address that is no longer in the block. */
function offsetAfter({ base }: Block, after: AddressKey | null): number {
  if (after === null) return -1;
  const offset = numberOf(after[0]).value - base;
  return Math.max(-1, Math.min(OFFSET_MAX, Number(offset)));
}

const selectOne = 'SELECT offset, owner, created_ms FROM addresses WHERE subnet = :subnet AND offset = :offset';

/** The reservation of the address at an offset; undefined: it is not reserved. */
export async function readAddress(
  database: Database,
  { body }: ReadSubnet,
  offset: number,
): Promise<AddressBody | undefined> {
  const block = blockOf(body);
  const [rows] = await database.read([statement<AddressRow>(selectOne, { subnet: body.id, offset })]);
  const [row] = rows;
  return block === null || row === undefined ? undefined : addressBody(block, row);
}

function addressBody(block: Block, { offset, owner, created_ms }: AddressRow): AddressBody {
  return {
    address: addressAt(block, offset),
    owner: owner === '' ? null : owner,
    reserved: timestamp(created_ms),
  };
}
