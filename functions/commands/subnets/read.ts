import { type Block, parseBlock } from '../../../schema/addresses/block.ts';
import type { SubnetBody } from '../../../schema/api/fleet/subnets.ts';
import {
  type CreatedKey,
  createdKeySchema,
  FIRST_CREATED,
  type List,
  limitOf,
  type Page,
  type Part,
  partOf,
} from '../../../schema/api/pages.ts';
import { type Database, statement } from '../../../schema/database/database.ts';
import { Problem } from '../../../schema/problem.ts';
import type { subnets } from '../../../schema/tables/fleet.ts';
import type { RowOf } from '../../../schema/tables/row.ts';

export interface ReadSubnet {
  readonly body: SubnetBody;
  readonly revision: number;
}

interface Row
  extends Pick<
    RowOf<typeof subnets>,
    'id' | 'cidr' | 'gateway' | 'first' | 'last' | 'metadata' | 'revision' | 'reserved'
  > {
  readonly free: number | null;
  readonly hypervisors: string;
}

/** The gateway's address cannot be reserved. */
const free = `
  s.last_offset - s.first_offset + 1 - coalesce(s.gateway_offset BETWEEN s.first_offset AND s.last_offset, 0) - s.reserved`;

const columns = `
  s.id, s.cidr, s.gateway, s.first, s.last, s.metadata, s.revision, ${free} AS free, s.reserved,
    (SELECT json_group_array(json_object('id', id, 'name', name, 'interface', interface, 'state', state, 'error', json(error))) FROM (
      SELECT h.id, h.name, i.interface, i.state, i.error FROM subnet_interfaces i JOIN hypervisors h ON h.id = i.hypervisor
      WHERE i.subnet = s.id ORDER BY h.created_ms, h.id)) AS hypervisors`;

/** Ordered by age, oldest first. */
export const subnetList: List<CreatedKey> = { name: 'subnets', key: createdKeySchema };

const selectPage = `
  SELECT ${columns}, s.created_ms FROM subnets s
  WHERE (s.created_ms, s.id) > (:created_ms, :id) ORDER BY s.created_ms, s.id LIMIT :limit + 1`;

export async function readSubnets(database: Database, page: Page<CreatedKey>): Promise<Part<SubnetBody, CreatedKey>> {
  const [created_ms, id] = page.after ?? FIRST_CREATED;
  const [rows] = await database.read([
    statement<Row & { created_ms: number }>(selectPage, { created_ms, id, limit: limitOf(page) }),
  ]);
  const { items, next } = partOf(rows, page, (row): CreatedKey => [row.created_ms, row.id]);
  return { items: items.map((row) => readOf(row).body), next };
}

const selectOne = `SELECT ${columns} FROM subnets s WHERE s.id = :id`;

/** Throws a 404. */
export async function readSubnet(database: Database, id: string): Promise<ReadSubnet> {
  const [rows] = await database.read([statement<Row>(selectOne, { id })]);
  const [row] = rows;
  if (row === undefined) throw unknownSubnet(id);
  return readOf(row);
}

export function unknownSubnet(id: string): Problem {
  return new Problem('not_found', `Subnet ${id} not found`, {
    errors: [{ parameter: 'subnetID', detail: `subnet ${id} not found` }],
  });
}

function readOf({ id, cidr, gateway, first, last, metadata, revision, ...row }: Row): ReadSubnet {
  return {
    body: {
      id,
      cidr,
      gateway,
      start: first,
      end: last,
      metadata: JSON.parse(metadata),
      free: row.free,
      reserved: row.reserved,
      hypervisors: JSON.parse(row.hypervisors),
    },
    revision,
  };
}

/** The block of a subnet; null if the subnet is undefined. Rows contain only valid blocks. */
export function blockOf({ cidr }: Pick<SubnetBody, 'cidr'>): Block | null {
  if (cidr === null) return null;
  const block = parseBlock(cidr);
  if (typeof block === 'string') throw new Error(`${cidr} is no block of addresses: ${block}`);
  return block;
}
