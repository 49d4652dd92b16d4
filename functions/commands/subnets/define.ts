import { type Block, parseBlock, RANGE_MAX } from '../../../schema/addresses/block.ts';
import {
  defineSubnet,
  type SubnetBody,
  type SubnetDefinition,
  type SubnetInput,
} from '../../../schema/api/fleet/subnets.ts';
import {
  type Database,
  type DatabaseError,
  guard,
  now,
  type Statement,
  statement,
} from '../../../schema/database/database.ts';
import { Problem } from '../../../schema/problem.ts';
import type { CommandContext } from '../../operations/command-context.ts';
import { explainRevision, guardRevision, VersionConflict } from '../../operations/conflict.ts';
import { type Intent, insertOperation } from '../../operations/intent.ts';
import { newId } from '../../operations/new-id.ts';
import { none } from '../../operations/targets/target.ts';
import { pluralize } from '../pluralize.ts';
import { explainBlock, guardBlock } from './block.ts';
import { blockOf, type ReadSubnet, unknownSubnet } from './read.ts';

/* What clients say of a subnet: rows alone. */

const upsert = `
  INSERT INTO subnets (id, cidr, gateway, first, last, first_offset, last_offset, gateway_offset, metadata, revision, created_ms)
  VALUES (:id, :cidr, :gateway, :start, :end, :startOffset, :endOffset, :gatewayOffset, :metadata, 1, ${now})
  ON CONFLICT (id) DO UPDATE SET cidr = excluded.cidr, gateway = excluded.gateway, first = excluded.first, last = excluded.last,
    first_offset = excluded.first_offset, last_offset = excluded.last_offset, gateway_offset = excluded.gateway_offset,
    metadata = excluded.metadata, revision = revision + 1`;

/** Defines a subnet, also one that is known by its id alone. */
export function createSubnet({ principal }: CommandContext, id: string, input: SubnetInput): Intent {
  const operation = newId();
  const definition = defineSubnet(input);
  return {
    operation,
    statements: [
      ofSubnet(operation, 'subnet.create', id, principal, { ...input, id }),
      guard('exists', 'NOT EXISTS (SELECT 1 FROM subnets WHERE id = :id AND cidr IS NOT NULL)', { id }),
      statement(upsert, { id, ...definition, metadata: metadataOf(input) ?? '{}' }),
    ],
    explain: async (error) => {
      if (error.reason !== 'exists') throw error;
      return new Problem('exists', `There is a subnet ${id} already`, {
        errors: [{ pointer: '/id', detail: `is taken: ${id}` }],
      });
    },
  };
}

/** A subnet as its POST made it, by the request that its operation keeps. */
export function asCreated(id: string, input: SubnetInput): SubnetBody {
  const { cidr, gateway, start, end, startOffset, endOffset, gatewayOffset } = defineSubnet(input);
  const hasGateway = gatewayOffset !== null && gatewayOffset >= startOffset && gatewayOffset <= endOffset;
  const free = endOffset - startOffset + 1 - (hasGateway ? 1 : 0);
  return { id, cidr, gateway, start, end, metadata: input.metadata ?? {}, free, reserved: 0, hypervisors: [] };
}

/** Reserved addresses that are not in the range any more, once the subnet is as asked: at either end, or the gateway. */
const stranded = `
  SELECT 1 FROM subnets s WHERE s.id = :id AND (
    (SELECT first FROM address_runs WHERE subnet = s.id ORDER BY first LIMIT 1) < s.first_offset
    OR (SELECT last FROM address_runs WHERE subnet = s.id ORDER BY first DESC LIMIT 1) > s.last_offset
    OR (SELECT last FROM address_runs WHERE subnet = s.id AND first <= s.gateway_offset ORDER BY first DESC LIMIT 1) >= s.gateway_offset)`;

/** Before offsets are moved: none may come before the first address, or (`shift` is null) have no place in the new block. */
const fitting = `
  SELECT coalesce((SELECT first FROM address_runs WHERE subnet = :id ORDER BY first LIMIT 1) + :shift >= 0, (
    SELECT reserved = 0 FROM subnets WHERE id = :id))`;

const countOf = (offsets: string) => `(SELECT count(*) FROM addresses WHERE subnet = :id AND ${offsets})`;

/** What a definition would leave outside, of addresses as they are. */
const countStranded = `
  SELECT CASE WHEN :shift IS NULL THEN s.reserved ELSE
    ${countOf('offset < :startOffset - :shift')} + ${countOf('offset > :endOffset - :shift')}
    + ${countOf('offset = :gatewayOffset - :shift AND offset BETWEEN :startOffset - :shift AND :endOffset - :shift')} END AS count
  FROM subnets s WHERE s.id = :id`;

/**
 * Merges: what the request leaves out stays as it is when the change is made, whatever others have written since it was
 * read. Only who changes the block meets who else does: then it is to be merged again ({@link VersionConflict}).
 * `revision`: the one that the client has seen; null: whatever there is.
 */
export function updateSubnet(
  { database, principal }: CommandContext,
  read: ReadSubnet,
  input: SubnetInput,
  revision: number | null,
): Intent {
  const operation = newId();
  const { id, cidr } = read.body;
  const change = input.cidr === undefined || input.cidr === cidr ? changeRange(read, input) : changeBlock(read, input);
  return {
    operation,
    statements: [
      ofSubnet(operation, 'subnet.update', id, principal, input),
      ...(revision === null ? [] : guardRevision('subnets', id, revision)),
      ...change.statements,
      guard('stranded', `NOT EXISTS (${stranded})`, { id }),
    ],
    explain: async (error) => {
      if (error.reason === 'stranded')
        return explainStranded(database, { id, ...change.definition, shift: change.shift });
      const problem = explainRevision(error, () => unknownSubnet(id)) ?? explainBlock(error);
      if (problem !== undefined) return problem;
      // Valid with what was read, and not with what is there by now.
      if (error.code === 'constraint' || error.reason === 'other_range') return new VersionConflict();
      throw error;
    },
  };
}

interface Change {
  readonly definition: SubnetDefinition;
  /** How much further addresses are from the first of their new block. */
  readonly shift: number | null;
  readonly statements: readonly Statement<never>[];
}

/** Each member that the request gives sets its own columns. */
const updateRange = `
  UPDATE subnets SET revision = revision + 1,
    gateway = CASE WHEN :has_gateway THEN :gateway ELSE gateway END,
    gateway_offset = CASE WHEN :has_gateway THEN :gatewayOffset ELSE gateway_offset END,
    first = CASE WHEN :has_start THEN :start ELSE first END,
    first_offset = CASE WHEN :has_start THEN :startOffset ELSE first_offset END,
    last = CASE WHEN :has_end THEN :end ELSE last END,
    last_offset = CASE WHEN :has_end THEN :endOffset ELSE last_offset END,
    metadata = coalesce(:metadata, metadata)
  WHERE id = :id`;

/** That others have not moved the other end so far away is known only here. */
const isRange = `EXISTS (SELECT 1 FROM subnets WHERE id = :id AND last_offset - first_offset < ${RANGE_MAX})`;

function changeRange({ body: { id, cidr, gateway, start, end } }: ReadSubnet, input: SubnetInput): Change {
  const definition = defineSubnet({ cidr, gateway, start, end, ...input });
  const args = {
    id,
    ...definition,
    has_gateway: has(input.gateway),
    has_start: has(input.start),
    has_end: has(input.end),
    metadata: metadataOf(input),
  };
  return {
    definition,
    shift: 0,
    statements: [guardBlock(id, cidr), statement(updateRange, args), guard('other_range', isRange, { id })],
  };
}

function has(member: unknown): number {
  return member === undefined ? 0 : 1;
}

/** Offsets count from the block's first address. By way of where no offset is: two rows never have the same. */
const renumber = [
  'UPDATE addresses SET offset = offset + :shift + (1 << 53) WHERE subnet = :id AND :shift <> 0',
  'UPDATE addresses SET offset = offset - (1 << 53) WHERE subnet = :id AND :shift <> 0',
];

const replaceBlock = `
  UPDATE subnets SET revision = revision + 1, cidr = :cidr, gateway = :gateway, first = :start, last = :end,
    first_offset = :startOffset, last_offset = :endOffset, gateway_offset = :gatewayOffset, metadata = coalesce(:metadata, metadata)
  WHERE id = :id`;

/** A new block has a first and a last address of its own; the gateway stays, where it is in it. */
function changeBlock({ body: { id, cidr, gateway } }: ReadSubnet, input: SubnetInput): Change {
  const definition = defineSubnet({ cidr, gateway, ...input });
  const shift = shiftOf(blockOf({ cidr }), definition.cidr);
  const args = { id, ...definition, shift, metadata: metadataOf(input) };
  return {
    definition,
    shift,
    statements: [
      guardBlock(id, cidr),
      guard('other_range', 'EXISTS (SELECT 1 FROM subnets WHERE id = :id AND gateway IS :gateway)', { id, gateway }),
      guard('stranded', fitting, args),
      ...[...renumber, replaceBlock].map((sql) => statement<never>(sql, args)),
    ],
  };
}

function metadataOf({ metadata }: SubnetInput): string | null {
  return metadata === undefined ? null : JSON.stringify(metadata);
}

/** How much further an address is from the first of its new block than from that of its old one. */
function shiftOf(before: Block | null, cidr: string): number | null {
  const after = parseBlock(cidr);
  if (before === null || typeof after === 'string' || before.bits !== after.bits) return null;
  const shift = Number(before.base - after.base);
  return Number.isSafeInteger(shift) ? shift : null;
}

async function explainStranded(database: Database, args: Statement['args']): Promise<Problem> {
  const [rows] = await database.read([statement<{ count: number }>(countStranded, args)]);
  const count = rows[0]?.count ?? 0;
  if (count === 0) return new VersionConflict();
  return new Problem(
    'conflict',
    `${pluralize(count, 'reserved address', 'reserved addresses')} would not be in the subnet any more`,
    {
      hint: 'Release them first: DELETE /subnets/{id}/addresses/{address}',
    },
  );
}

/** Forgets a subnet that nobody uses. */
export function removeSubnet(
  { database, principal }: CommandContext,
  read: ReadSubnet,
  revision: number | null,
): Intent {
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
  SELECT (SELECT count(*) FROM subnet_interfaces WHERE subnet = :id) + (SELECT reserved FROM subnets WHERE id = :id)`;

async function explainRemoval(database: Database, error: DatabaseError, id: string): Promise<Problem> {
  if (error.reason !== 'in_use') throw error;
  const [rows] = await database.read([
    statement<{ hypervisors: string; addresses: number }>(
      `SELECT (SELECT json_group_array(h.name) FROM subnet_interfaces i JOIN hypervisors h ON h.id = i.hypervisor WHERE i.subnet = :id) AS hypervisors,
         (SELECT reserved FROM subnets WHERE id = :id) AS addresses`,
      { id },
    ),
  ]);
  const hypervisors: string[] = JSON.parse(rows[0]?.hypervisors ?? '[]');
  const addresses = rows[0]?.addresses ?? 0;
  const uses = [
    ...(hypervisors.length > 0 ? [`${hypervisors.join(', ')} ${hypervisors.length === 1 ? 'is' : 'are'} in it`] : []),
    ...(addresses > 0 ? [`it has ${pluralize(addresses, 'reserved address', 'reserved addresses')}`] : []),
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
    on: none,
    request,
    principal,
    resource: `subnets/${id}`,
    status: 'succeeded',
    result,
  });
}
