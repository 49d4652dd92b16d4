import * as v from 'valibot';
import { type Block, parseBlock, RANGE_MAX } from '../../../schema/addresses/block.ts';
import { subnetIdSchema } from '../../../schema/api/fleet/hypervisors.ts';
import {
  defineSubnet,
  type SubnetDefinition,
  type SubnetInput,
  subnetInputSchema,
} from '../../../schema/api/fleet/subnets.ts';
import { type Database, statement } from '../../../schema/database/database.ts';
import { Problem } from '../../../schema/problem.ts';
import { expectedRevision } from '../../http/entity-tag.ts';
import { defineCommand } from '../../operations/command.ts';
import { revisionGuards, VersionConflict } from '../../operations/conflict.ts';
import { none } from '../../operations/targets/target.ts';
import { pluralize } from '../pluralize.ts';
import { blockUnchanged } from './block.ts';
import { blockOf, type ReadSubnet, readSubnet } from './read.ts';
import { metadataOf, missingSubnet, subnetResource } from './subnet.ts';

/** Reserved addresses that the changed subnet would not contain: before or after its range, or the gateway. */
const stranded = `
  SELECT 1 FROM subnets s WHERE s.id = :id AND (
    (SELECT first FROM address_runs WHERE subnet = s.id ORDER BY first LIMIT 1) < s.first_offset
    OR (SELECT last FROM address_runs WHERE subnet = s.id ORDER BY first DESC LIMIT 1) > s.last_offset
    OR (SELECT last FROM address_runs WHERE subnet = s.id AND first <= s.gateway_offset ORDER BY first DESC LIMIT 1) >= s.gateway_offset)`;

/**
 * Checked before offsets are moved: none may be before the first address, or (`shift` is null) without a place in the
 * new block.
 */
const fitting = `
  SELECT coalesce((SELECT first FROM address_runs WHERE subnet = :id ORDER BY first LIMIT 1) + :shift >= 0, (
    SELECT reserved = 0 FROM subnets WHERE id = :id))`;

const countOf = (offsets: string) => `(SELECT count(*) FROM addresses WHERE subnet = :id AND ${offsets})`;

/** Whether a definition would leave reserved addresses outside. */
const countStranded = `
  SELECT CASE WHEN :shift IS NULL THEN s.reserved ELSE
    ${countOf('offset < :startOffset - :shift')} + ${countOf('offset > :endOffset - :shift')}
    + ${countOf('offset = :gatewayOffset - :shift AND offset BETWEEN :startOffset - :shift AND :endOffset - :shift')} END AS count
  FROM subnets s WHERE s.id = :id`;

/** Each member of the request sets its own columns. */
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

/** Only this statement sees whether another request has moved the other end of the range beyond this one. */
const isRange = `EXISTS (SELECT 1 FROM subnets WHERE id = :id AND last_offset - first_offset < ${RANGE_MAX})`;

/**
 * Offsets count from the block's first address. They move in two steps, through unused values, so that two rows never
 * have the same offset.
 */
const renumber = [
  'UPDATE addresses SET offset = offset + :shift + (1 << 53) WHERE subnet = :id AND :shift <> 0',
  'UPDATE addresses SET offset = offset - (1 << 53) WHERE subnet = :id AND :shift <> 0',
];

const replaceBlock = `
  UPDATE subnets SET revision = revision + 1, cidr = :cidr, gateway = :gateway, first = :start, last = :end,
    first_offset = :startOffset, last_offset = :endOffset, gateway_offset = :gatewayOffset, metadata = coalesce(:metadata, metadata)
  WHERE id = :id`;

interface Changing {
  readonly request: SubnetInput;
  readonly found: ReadSubnet;
}

/** A new block has its own first and last address; otherwise members that the request omits keep their values. */
function isNewBlock({ request, found }: Changing): boolean {
  return request.cidr !== undefined && request.cidr !== found.body.cidr;
}

const ofRange = (text: string) => (input: Changing) => (isNewBlock(input) ? null : text);
const ofBlock = (text: string) => (input: Changing) => (isNewBlock(input) ? text : null);

const rows = [ofRange(updateRange), ...[...renumber, replaceBlock].map(ofBlock)];

interface Change extends SubnetDefinition {
  /** How much larger the offsets of addresses are in their new block. */
  readonly shift: number | null;
}

function changeOf(input: Changing): Change {
  const { cidr, gateway, start, end } = input.found.body;
  if (!isNewBlock(input)) return { ...defineSubnet({ cidr, gateway, start, end, ...input.request }), shift: 0 };
  // The gateway stays if the new block contains it.
  const definition = defineSubnet({ cidr, gateway, ...input.request });
  return { ...definition, shift: shiftOf(blockOf({ cidr }), definition.cidr) };
}

/**
 * Merges: members that the request omits keep the values that they have when the change is written, even if another
 * request has changed them since they were read. Only two changes of the block conflict: the later one is merged again
 * ({@link VersionConflict}).
 */
export const updateSubnet = defineCommand({
  kind: 'subnet.update',
  role: 'operator',
  request: v.object({ ...subnetInputSchema.pipe[1].entries, id: subnetIdSchema }),
  read: ({ database, request }) => readSubnet(database, request.id),
  target: none,
  resource: subnetResource,
  status: 'succeeded',
  arguments: (input) => {
    const { request, found, ifMatch } = input;
    // An outdated entity tag counts before what is wrong with the merged subnet, which its client has not seen.
    const revision = expectedRevision(ifMatch, found.revision);
    return {
      ...changeOf(input),
      id: request.id,
      revision,
      read_cidr: found.body.cidr,
      read_gateway: found.body.gateway,
      has_gateway: has(request.gateway),
      has_start: has(request.start),
      has_end: has(request.end),
      metadata: metadataOf(request),
    };
  },
  guards: [
    ...revisionGuards('subnets', missingSubnet),
    blockUnchanged,
    {
      id: 'other_range',
      holds: ofBlock('EXISTS (SELECT 1 FROM subnets WHERE id = :id AND gateway IS :read_gateway)'),
      problem: () => new VersionConflict(),
    },
    { id: 'unfitting', holds: ofBlock(fitting), problem: (input) => strandedProblem(input.database, input) },
  ],
  rows,
  invariants: [
    { id: 'too_wide', holds: ofRange(isRange), problem: () => new VersionConflict() },
    {
      id: 'stranded',
      holds: `NOT EXISTS (${stranded})`,
      problem: (input) => strandedProblem(input.database, input),
    },
  ],
  // Valid with the definition that was read, but not with the current one.
  constraints: [{ violated: 'first_offset <= last_offset', problem: () => new VersionConflict() }],
});

function has(member: unknown): number {
  return member === undefined ? 0 : 1;
}

/** How much larger the offset of an address is in the new block than in the old one. */
function shiftOf(before: Block | null, cidr: string): number | null {
  const after = parseBlock(cidr);
  if (before === null || typeof after === 'string' || before.bits !== after.bits) return null;
  const shift = Number(before.base - after.base);
  return Number.isSafeInteger(shift) ? shift : null;
}

async function strandedProblem(database: Database, input: Changing): Promise<Problem> {
  const args = { id: input.found.body.id, ...changeOf(input) };
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
