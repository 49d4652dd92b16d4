import { now } from '../../../schema/database/database.ts';
import { hypervisor } from '../../operations/operation-statements.ts';

/* New CINs and their blocks of addresses, over `importArguments`. */

/** A CIN of the request (`j`) has a row. */
const isKnown = `EXISTS (SELECT 1 FROM cins i WHERE i.hypervisor = ${hypervisor} AND i.name = j.value ->> 'name')`;

/** A row that is to be deleted and is requested again stays: the removal then finds that it is desired. */
export const reviveCins = `
  UPDATE cins SET desired = 'present', generation = generation + 1
  WHERE desired = 'absent' AND id IN (
    SELECT i.id FROM json_each(:cins) j CROSS JOIN cins i ON i.hypervisor = ${hypervisor} AND i.name = j.value ->> 'name')`;

const insert = `
  INSERT INTO cins (id, hypervisor, name, spec, applied_spec, generation, desired, state, state_since_ms, created_ms,
    first, last, prefix, first_offset)`;

/** Over `v`, a CIN of the request. */
const columns = (spec: string, appliedSpec: string) => `
  v ->> 'id', ${hypervisor}, v ->> 'name', ${spec}, ${appliedSpec}, 1, 'present', 'pending', ${now}, ${now}`;

const declared = columns(`'{"made":false}'`, `'{"made":false}'`);

/** CINs whose block the request names. */
export const insertWithBlock = `${insert}
  SELECT ${declared}, v ->> 'first', v ->> 'last', v ->> 'prefix', v ->> 'firstOffset'
  FROM (SELECT j.key AS turn, j.value AS v FROM json_each(:cins) j WHERE j.value ->> 'first' IS NOT NULL AND NOT ${isKnown})
  ORDER BY turn`;

/** No two CINs of a hypervisor overlap: only the last one that begins in or before a block may reach into it. */
const overlapsCin = (first: string, last: string) => `
  coalesce((SELECT x.last FROM cins x WHERE x.hypervisor = ${hypervisor} AND x.first <= ${last} ORDER BY x.first DESC LIMIT 1), -1) >= ${first}`;

const overlapsHost = (first: string, last: string) => `
  EXISTS (SELECT 1 FROM host_blocks u WHERE u.hypervisor = ${hypervisor} AND u.first <= ${last} AND u.last >= ${first})`;

/** The second octets of the blocks that are allocated, `10.B.0.0/16`. */
export const LOWEST_BLOCK = 10;
export const HIGHEST_BLOCK = 250;

const ALLOCATED_PREFIX = 16;
const ALLOCATED_SIZE = 2 ** (32 - ALLOCATED_PREFIX);
const ALLOCATED_FIRST_OFFSET = 10;

/** How many containers such a block has addresses for. */
export const ALLOCATED_ROOM = ALLOCATED_SIZE - 1 - ALLOCATED_FIRST_OFFSET;

/** CINs `v` that `wanted` selects get the lowest free blocks, in order of `turn`. If too few are free, NULL aborts the batch. */
const insertWithFreeBlock = (inserted: string, wanted: string) => `${insert}
  WITH RECURSIVE octets (b) AS (
    SELECT ${LOWEST_BLOCK} UNION ALL SELECT b + 1 FROM octets WHERE b < ${HIGHEST_BLOCK}
  ),
  blocks AS (SELECT (10 << 24) + (b << 16) AS first, (10 << 24) + (b << 16) + ${ALLOCATED_SIZE - 1} AS last FROM octets),
  free AS MATERIALIZED (
    SELECT k.first, k.last, row_number() OVER (ORDER BY k.first) AS nth FROM blocks k
    WHERE NOT (${overlapsCin('k.first', 'k.last')}) AND NOT ${overlapsHost('k.first', 'k.last')}
  ),
  wanted AS MATERIALIZED (SELECT v, row_number() OVER (ORDER BY turn) AS nth FROM (${wanted}))
  SELECT ${inserted}, f.first, f.last, ${ALLOCATED_PREFIX}, ${ALLOCATED_FIRST_OFFSET}
  FROM wanted w LEFT JOIN free f ON f.nth = w.nth ORDER BY w.nth`;

/** CINs of the request without a block; to be run after {@link insertWithBlock}. */
export const insertWithoutBlock = insertWithFreeBlock(
  declared,
  `SELECT j.value AS v, j.key AS turn FROM json_each(:cins) j WHERE j.value ->> 'first' IS NULL AND NOT ${isKnown}`,
);

/** CINs that `wanted` selects, as `v` and `turn`: the operation that inserts them also makes them. */
export const insertToBeMade = (wanted: string) => insertWithFreeBlock(columns(`'{"made":true}'`, 'NULL'), wanted);

/** A CIN that exists keeps its block: a request that names another one contradicts it. */
export const blocksAreKept = `NOT EXISTS (
  SELECT 1 FROM json_each(:cins) j CROSS JOIN cins i ON i.hypervisor = ${hypervisor} AND i.name = j.value ->> 'name'
  WHERE j.value ->> 'first' IS NOT NULL AND (i.first <> j.value ->> 'first' OR i.prefix <> j.value ->> 'prefix'))`;

/** Blocks of new CINs that the request names. */
const namedBlocks = `json_each(:cins) j WHERE j.value ->> 'first' IS NOT NULL AND NOT ${isKnown}`;

/** They overlap no CIN, … */
export const blocksAreFree = `NOT EXISTS (
  SELECT 1 FROM ${namedBlocks} AND ${overlapsCin("j.value ->> 'first'", "j.value ->> 'last'")})`;

/** … and nothing that the host uses. */
export const blocksAreUnused = `NOT EXISTS (
  SELECT 1 FROM ${namedBlocks} AND ${overlapsHost("j.value ->> 'first'", "j.value ->> 'last'")})`;

/** No other hypervisor has a CIN of that name, unless this one has it, too: the CENs of a CIN are on one hypervisor. */
export const noneElsewhere = `NOT EXISTS (
  SELECT 1 FROM json_each(:cins) j WHERE NOT ${isKnown} AND EXISTS (
    SELECT 1 FROM cins i WHERE i.name = j.value ->> 'name' AND i.hypervisor <> ${hypervisor} AND i.desired = 'present'))`;
