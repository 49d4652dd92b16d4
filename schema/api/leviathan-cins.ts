import * as v from 'valibot';
import { type NoBlock, parseBlock } from '../addresses/block.ts';
import { isObject, mapSchema, member, objectMessage } from './common.ts';
import { CENS_MAX, cenIdSchema, cenStatuses } from './leviathan.ts';

/**
 * The bridge of a CIN's first CEN has a port for each of its containers, 1,000 at most, and one for each other CEN of
 * the CIN: 1,023 in all (BR_MAX_PORTS of net/bridge/br_private.h).
 */
export const CIN_CENS_MAX = 24;

/** Maximum number of CINs in one request. */
export const CINS_MAX = CENS_MAX;

/** Prefixes that a CIN's block may have: room for a gateway and a few containers, and no more than one class A network. */
const PREFIX_MIN = 8;
const PREFIX_MAX = 29;

/** Blocks of fewer addresses begin with the containers right after the gateway. */
const SMALL_BLOCK = 256;
const FIRST_OFFSET = 10;
const FIRST_OFFSET_SMALL = 2;

/** From here on, addresses are multicast (RFC 5771) or reserved (RFC 1112). */
const MULTICAST_OCTET = 224;
const LOOPBACK_OCTET = 127;

export const cinIdSchema = cenIdSchema;

/** The block of a CIN: its first and last address as numbers, and the offset of the first container's address. */
export interface CinBlock {
  readonly cidr: string;
  readonly first: number;
  readonly last: number;
  readonly prefix: number;
  readonly firstOffset: number;
}

const malformed = 'must be a block of IPv4 addresses such as 172.20.0.0/16';

const noBlock: Readonly<Record<NoBlock, string>> = {
  malformed,
  'host bits': 'must be the address of a network: host bits are not zero',
};

const cidrSchema = v.pipe(
  v.string('must be a string'),
  v.rawTransform(({ dataset, addIssue, NEVER }): CinBlock => {
    const block = cinBlock(dataset.value);
    if (typeof block !== 'string') return block;
    addIssue({ message: block });
    return NEVER;
  }),
);

/** The block, or why the text is not one that a CIN can have. */
function cinBlock(text: string): CinBlock | string {
  const block = parseBlock(text);
  if (typeof block === 'string') return noBlock[block];
  const prefix = Number(block.cidr.split('/')[1]);
  if (block.bits !== 32) return malformed;
  if (prefix < PREFIX_MIN || prefix > PREFIX_MAX) return `must have a prefix from ${PREFIX_MIN} to ${PREFIX_MAX}`;
  const first = Number(block.base);
  const size = Number(block.size);
  const octet = Math.floor(first / 2 ** 24);
  if (octet === 0 || octet === LOOPBACK_OCTET || octet >= MULTICAST_OCTET) return 'has no addresses for hosts';
  const firstOffset = size < SMALL_BLOCK ? FIRST_OFFSET_SMALL : FIRST_OFFSET;
  return { cidr: block.cidr, first, last: first + size - 1, prefix, firstOffset };
}

const censSchema = v.pipe(
  v.array(cenIdSchema, 'must be a list of CEN ids, or an object with it'),
  v.maxLength(CIN_CENS_MAX, `has more than ${CIN_CENS_MAX} CENs, the most that a CIN can have`),
);

/** What an import says of one CIN; `path`: the steps from the CIN to its list. */
interface Given {
  readonly cens: readonly string[];
  readonly block: CinBlock | null;
  readonly path: readonly string[];
}

const listSchema = v.pipe(
  censSchema,
  v.transform((cens): Given => ({ cens, block: null, path: [] })),
);

/** An extension. */
const objectSchema = v.pipe(
  v.strictObject({ cens: censSchema, cidr: v.optional(v.nullable(cidrSchema), null) }, objectMessage),
  v.transform(({ cens, cidr }): Given => ({ cens, block: cidr, path: ['cens'] })),
);

const givenSchema: v.GenericSchema<unknown, Given> = v.lazy((input) => (isObject(input) ? objectSchema : listSchema));

/** A CIN over these CENs; a block of null is allocated, unless the CIN has one already. */
export interface ImportedCin {
  readonly cinID: string;
  readonly cens: readonly string[];
  readonly block: CinBlock | null;
  /** The JSON pointer to its list in the request. */
  readonly pointer: string;
}

type Named = readonly (readonly [cin: string, given: Given])[];

/** A member that is wrong because of another one. */
interface Fault {
  readonly at: readonly (string | number)[];
  readonly message: string;
}

/** CENs that a CIN of the request has already. */
function repeatedCens(cins: Named): Fault[] {
  const owners = new Map<string, string>();
  return cins.flatMap(([cin, { cens, path }]) =>
    cens.flatMap((cen, index): Fault[] => {
      const owner = owners.get(cen);
      owners.set(cen, owner ?? cin);
      if (owner === undefined) return [];
      const message = owner === cin ? `CEN ${cen} is in the list twice` : `CEN ${cen} is in the list of ${owner}, too`;
      return [{ at: [cin, ...path, index], message }];
    }),
  );
}

/** Blocks that overlap another one of the request: sorted, a block overlaps one before it only if that reaches so far. */
function overlappingBlocks(cins: Named): Fault[] {
  const blocks = cins
    .flatMap(([cin, { block }]) => (block === null ? [] : [{ cin, ...block }]))
    .sort((left, right) => left.first - right.first);
  let before: (typeof blocks)[number] | undefined;
  return blocks.flatMap((block): Fault[] => {
    const other = before;
    if (other === undefined || block.last > other.last) before = block;
    if (other === undefined || block.first > other.last) return [];
    return [{ at: [block.cin, 'cidr'], message: `overlaps ${other.cidr} of ${other.cin}` }];
  });
}

/** `{"cin1":["cen1"]}`, or `{"cin1":{"cens":["cen1"],"cidr":"172.20.0.0/16"}}`. */
export const cinImportSchema = v.pipe(
  mapSchema(cinIdSchema, givenSchema),
  v.rawTransform(({ dataset, addIssue, NEVER }): readonly ImportedCin[] => {
    const cins: Named = Object.entries(dataset.value);
    const faults = [...tooMany(cins), ...repeatedCens(cins), ...overlappingBlocks(cins)];
    for (const { at, message } of faults) {
      const [first, ...steps] = at.map((step) => member(dataset.value, String(step)));
      addIssue(first === undefined ? { message } : { message, path: [first, ...steps] });
    }
    if (faults.length > 0) return NEVER;
    return cins.map(([cinID, { cens, block, path }]) => ({
      cinID,
      cens,
      block,
      pointer: [cinID, ...path].map((step) => `/${step}`).join(''),
    }));
  }),
);

export type CinImport = v.InferOutput<typeof cinImportSchema>;

function tooMany(cins: Named): Fault[] {
  const cens = cins.reduce((sum, [, given]) => sum + given.cens.length, 0);
  return [
    ...(cins.length > CINS_MAX ? [`has more than ${CINS_MAX} CINs, the most that a request can have`] : []),
    ...(cens > CENS_MAX ? [`has more than ${CENS_MAX} CENs in all its lists, the most that an import can have`] : []),
  ].map((message) => ({ at: [], message }));
}

/** The body of /cin/make and /cin/destroy; repeated ids count once. */
export const cinListSchema = v.pipe(
  v.array(cinIdSchema, 'must be a JSON list of CIN ids'),
  v.maxLength(CINS_MAX, `has more than ${CINS_MAX} CINs, the most that a request can have`),
  v.transform((ids) => [...new Set(ids)]),
);

export const cinBodySchema = v.object({
  cinID: v.string(),
  cenIDs: v.array(v.string()),
  cidr: v.string(),
  gateway: v.string(),
  status: v.picklist(cenStatuses),
  hypervisors: v.array(v.string()),
  containers: v.array(v.object({ contID: v.string(), ipaddress: v.string() })),
});
export type CinBody = v.InferOutput<typeof cinBodySchema>;
