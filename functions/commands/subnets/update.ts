import { type Block, parseBlock, RANGE_MAX } from '../../../schema/addresses/block.ts';
import { defineSubnet, type SubnetDefinition, type SubnetInput } from '../../../schema/api/fleet/subnets.ts';
import { type Database, type Statement, statement } from '../../../schema/database/database.ts';
import { Problem } from '../../../schema/problem.ts';
import type { CommandContext } from '../../operations/command-context.ts';
import { guardRevision, VersionConflict } from '../../operations/conflict.ts';
import { type Guard, guard } from '../../operations/guard.ts';
import type { Intent } from '../../operations/intent.ts';
import { newId } from '../../operations/new-id.ts';
import { pluralize } from '../pluralize.ts';
import { guardBlock } from './block.ts';
import { blockOf, type ReadSubnet, unknownSubnet } from './read.ts';
import { metadataOf, ofSubnet } from './record.ts';

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
  { principal }: CommandContext,
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
      ...(revision === null ? [] : guardRevision('subnets', id, revision, () => unknownSubnet(id))),
      ...change.statements,
      guard('stranded', `NOT EXISTS (${stranded})`, { id }, (database) =>
        strandedProblem(database, { id, ...change.definition, shift: change.shift }),
      ),
    ],
    // Valid with what was read, and not with what is there by now.
    constraints: [{ violated: 'first_offset <= last_offset', problem: () => new VersionConflict() }],
  };
}

interface Change {
  readonly definition: SubnetDefinition;
  /** How much further addresses are from the first of their new block. */
  readonly shift: number | null;
  readonly statements: readonly (Statement<never> | Guard)[];
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
    statements: [
      guardBlock(id, cidr),
      statement(updateRange, args),
      guard('too_wide', isRange, { id }, () => new VersionConflict()),
    ],
  };
}

export function has(member: unknown): number {
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
      guard(
        'other_range',
        'EXISTS (SELECT 1 FROM subnets WHERE id = :id AND gateway IS :gateway)',
        { id, gateway },
        () => new VersionConflict(),
      ),
      guard('unfitting', fitting, args, (database) => strandedProblem(database, args)),
      ...[...renumber, replaceBlock].map((sql) => statement<never>(sql, args)),
    ],
  };
}

/** How much further an address is from the first of its new block than from that of its old one. */
function shiftOf(before: Block | null, cidr: string): number | null {
  const after = parseBlock(cidr);
  if (before === null || typeof after === 'string' || before.bits !== after.bits) return null;
  const shift = Number(before.base - after.base);
  return Number.isSafeInteger(shift) ? shift : null;
}

async function strandedProblem(database: Database, args: Statement['args']): Promise<Problem> {
  const [rows] = await database.read([statement<{ count: number }>(countStranded, args)]);
  const count = rows[0]?.count ?? 0;
  if (count === 0) return new VersionConflict();
  return new Problem(
    'conflict',
    `${pluralize(count, 'reserved address', 'reserved addresses')} would be outside the subnet`,
    {
      hint: 'Release them first: DELETE /subnets/{id}/addresses/{address}',
    },
  );
}
