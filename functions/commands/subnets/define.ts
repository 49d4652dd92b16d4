import { type Block, parseBlock } from '../../../schema/addresses/block.ts';
import { defineSubnet, type SubnetDefinition, type SubnetInput } from '../../../schema/api/fleet/subnets.ts';
import {
  type Database,
  type DatabaseError,
  guard,
  now,
  type Statement,
  statement,
} from '../../../schema/database/database.ts';
import { Problem } from '../../../schema/problem.ts';
import { nowhere } from '../../intent/choice.ts';
import { counted } from '../../intent/counted.ts';
import { type Intent, insertOperation } from '../../intent/intent.ts';
import { newId } from '../../intent/new-id.ts';
import { ChangedMeanwhile, explainRevision, guardRevision } from '../../intent/revision.ts';
import type { Asked } from '../asked.ts';
import { blockOf, type ReadSubnet, unknownSubnet } from './read.ts';

/* What clients say of a subnet: rows alone. */

const upsert = `
  INSERT INTO subnets (id, cidr, gateway, first, last, first_offset, last_offset, gateway_offset, metadata, revision, created_ms)
  VALUES (:id, :cidr, :gateway, :start, :end, :startOffset, :endOffset, :gatewayOffset, :metadata, 1, ${now})
  ON CONFLICT (id) DO UPDATE SET cidr = excluded.cidr, gateway = excluded.gateway, first = excluded.first, last = excluded.last,
    first_offset = excluded.first_offset, last_offset = excluded.last_offset, gateway_offset = excluded.gateway_offset,
    metadata = excluded.metadata, revision = revision + 1`;

function store(
  id: string,
  definition: SubnetDefinition,
  metadata: Readonly<Record<string, unknown>>,
): Statement<never> {
  return statement(upsert, { id, ...definition, metadata: JSON.stringify(metadata) });
}

/** Defines a subnet, also one that is known by its id alone. */
export function createSubnet({ principal }: Asked, id: string, input: SubnetInput): Intent {
  const operation = newId();
  const definition = defineSubnet(input);
  return {
    operation,
    statements: [
      ofSubnet(operation, 'subnet.create', id, principal, { ...input, id }),
      guard('exists', 'NOT EXISTS (SELECT 1 FROM subnets WHERE id = :id AND cidr IS NOT NULL)', { id }),
      store(id, definition, input.metadata ?? {}),
    ],
    explain: async (error) => {
      if (error.reason !== 'exists') throw error;
      return new Problem('exists', `There is a subnet ${id} already`, {
        errors: [{ pointer: '/id', detail: `is taken: ${id}` }],
      });
    },
  };
}

/** Reserved addresses that would not be in the range; `shift` is null where no address of the old block is one of the new. */
const stranded = `
  FROM addresses WHERE subnet = :id AND (:shift IS NULL
    OR offset + :shift NOT BETWEEN :startOffset AND :endOffset OR offset + :shift = coalesce(:gatewayOffset, -1))`;

/** Offsets count from the block's first address. By way of where no offset is: two rows never have the same. */
const renumber = [
  'UPDATE addresses SET offset = offset + :shift + (1 << 53) WHERE subnet = :id AND :shift <> 0',
  'UPDATE addresses SET offset = offset - (1 << 53) WHERE subnet = :id AND :shift <> 0',
];

/**
 * Merges: what the request leaves out stays. What is merged was read before: where that has changed, the client hears of
 * it if it `insists` on what it has seen, else it is to be merged again ({@link ChangedMeanwhile}).
 */
export function updateSubnet(
  { database, principal }: Asked,
  read: ReadSubnet,
  input: SubnetInput,
  insists: boolean,
): Intent {
  const operation = newId();
  const { id, cidr, gateway, start, end, metadata } = read.body;
  // A new block has a first and a last address of its own.
  const kept = input.cidr === undefined || input.cidr === cidr ? { start, end } : {};
  const definition = defineSubnet({ cidr, gateway, ...kept, ...input });
  const args = { id, ...definition, shift: shiftOf(blockOf(read.body), definition.cidr) };
  return {
    operation,
    statements: [
      ofSubnet(operation, 'subnet.update', id, principal, input),
      ...guardRevision('subnets', id, read.revision),
      guard('stranded', `NOT EXISTS (SELECT 1 ${stranded})`, args),
      ...renumber.map((sql) => statement<never>(sql, args)),
      store(id, definition, input.metadata ?? metadata),
    ],
    explain: async (error) => {
      if (error.reason === 'stranded') return explainStranded(database, args);
      const problem = explainRevision(error, () => unknownSubnet(id));
      if (problem === undefined) throw error;
      return insists || problem.code === 'not_found' ? problem : new ChangedMeanwhile();
    },
  };
}

/** How much further an address is from the first of its new block than from that of its old one. */
function shiftOf(before: Block | null, cidr: string): number | null {
  const after = parseBlock(cidr);
  if (before === null || typeof after === 'string' || before.bits !== after.bits) return null;
  const shift = Number(before.base - after.base);
  return Number.isSafeInteger(shift) ? shift : null;
}

async function explainStranded(database: Database, args: Statement['args']): Promise<Problem> {
  const [rows] = await database.read([statement<{ count: number }>(`SELECT count(*) AS count ${stranded}`, args)]);
  const count = rows[0]?.count ?? 0;
  return new Problem(
    'conflict',
    `${counted(count, 'reserved address', 'reserved addresses')} would not be in the subnet any more`,
    {
      hint: 'Release them first: DELETE /subnets/{id}/addresses/{address}',
    },
  );
}

/** Forgets a subnet that nobody uses. */
export function removeSubnet({ database, principal }: Asked, read: ReadSubnet, revision: number | null): Intent {
  const operation = newId();
  const { body: was } = read;
  const args = { id: was.id };
  return {
    operation,
    statements: [
      ofSubnet(operation, 'subnet.delete', was.id, principal, args, { was }),
      ...guardRevision('subnets', was.id, revision),
      guard('in_use', `(${users}) = 0`, args),
      statement('DELETE FROM subnets WHERE id = :id', args),
    ],
    explain: async (error) =>
      explainRevision(error, () => unknownSubnet(was.id)) ?? explainRemoval(database, error, was.id),
  };
}

const users = `
  SELECT (SELECT count(*) FROM subnet_interfaces WHERE subnet = :id) + (SELECT count(*) FROM addresses WHERE subnet = :id)`;

async function explainRemoval(database: Database, error: DatabaseError, id: string): Promise<Problem> {
  if (error.reason !== 'in_use') throw error;
  const [rows] = await database.read([
    statement<{ hypervisors: string; addresses: number }>(
      `SELECT (SELECT json_group_array(h.name) FROM subnet_interfaces i JOIN hypervisors h ON h.id = i.hypervisor WHERE i.subnet = :id) AS hypervisors,
         (SELECT count(*) FROM addresses WHERE subnet = :id) AS addresses`,
      { id },
    ),
  ]);
  const hypervisors: string[] = JSON.parse(rows[0]?.hypervisors ?? '[]');
  const addresses = rows[0]?.addresses ?? 0;
  const uses = [
    ...(hypervisors.length > 0 ? [`${hypervisors.join(', ')} ${hypervisors.length === 1 ? 'is' : 'are'} in it`] : []),
    ...(addresses > 0 ? [`it has ${counted(addresses, 'reserved address', 'reserved addresses')}`] : []),
  ];
  return new Problem('conflict', `Subnet ${id} is in use: ${uses.join(', ')}`, {
    hint: 'DELETE /hypervisors/{id}/subnets/{subnetID} and /subnets/{id}/addresses/{address} first',
  });
}

function ofSubnet(
  operation: string,
  kind: string,
  id: string,
  principal: string,
  request: unknown,
  result?: unknown,
): Statement {
  return insertOperation({
    operation,
    kind,
    on: nowhere,
    request,
    principal,
    resource: `subnets/${id}`,
    status: 'succeeded',
    result,
  });
}
