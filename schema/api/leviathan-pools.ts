import * as v from 'valibot';
import { member, objectMessage } from './common.ts';
import { typeSchema } from './images.ts';
import { CEN_CONTAINERS_MAX, cenIdSchema, cenStatuses, IMPORT_CONTAINERS_MAX } from './leviathan.ts';

/** Maximum number of pools in one request. */
export const CPOOLS_MAX = 1_000;

/** All containers of a pool are in the same CENs. */
export const POOL_CONTAINERS_MAX = CEN_CONTAINERS_MAX;

/** Maximum number of networks of one pool. */
export const POOL_CINS_MAX = 100;

/** A container `<pool>-1000` has an id of 63 characters at most. */
const POOL_ID_MAX = 58;

export const cpoolIdSchema = v.pipe(
  v.string('must be a string'),
  v.regex(
    /^[A-Za-z0-9][A-Za-z0-9_.-]{0,57}$/,
    `must be 1 to ${POOL_ID_MAX} letters, digits, "_", "." and "-", and begin with a letter or digit`,
  ),
);

const flagRule = 'must be "true" or "false"';
const flagSchema = v.pipe(
  v.union([v.boolean(), v.picklist(['true', 'false'])], flagRule),
  v.transform((flag) => flag === true || flag === 'true'),
);

const countRule = `must be a number from 0 to ${POOL_CONTAINERS_MAX}`;

/** Further members of weft's answer may be sent back: unknown ones are ignored. */
const cpoolSchema = v.object(
  {
    cpoolID: cpoolIdSchema,
    type: typeSchema,
    start_with: v.pipe(
      v.number(countRule),
      v.integer(countRule),
      v.minValue(0, countRule),
      v.maxValue(POOL_CONTAINERS_MAX, countRule),
    ),
    cins: v.pipe(
      v.array(
        v.object({ cinID: cenIdSchema, default_route: v.optional(flagSchema, false) }, objectMessage),
        'must be a list of networks',
      ),
      v.maxLength(POOL_CINS_MAX, `has more than ${POOL_CINS_MAX} networks, the most that a pool can have`),
    ),
  },
  objectMessage,
);

/** A pool as a request says it. */
export type Cpool = v.InferOutput<typeof cpoolSchema>;

/** A member that is wrong because of another one. */
interface Fault {
  readonly at: readonly (string | number)[];
  readonly message: string;
}

/** Members of a list that repeat an earlier one. */
function repeated<Item>(items: readonly Item[], key: (item: Item) => string | null, message: (key: string) => string) {
  const seen = new Set<string>();
  return items.flatMap((item, index) => {
    const name = key(item);
    if (name === null) return [];
    if (seen.has(name)) return [{ index, message: message(name) }];
    seen.add(name);
    return [];
  });
}

function faultsOf(pools: readonly Cpool[]): Fault[] {
  const twice = repeated(
    pools,
    ({ cpoolID }) => cpoolID,
    (name) => `pool ${name} is in the list twice`,
  );
  return [
    ...twice.map(({ index, message }) => ({ at: ['cpoolList', index, 'cpoolID'], message })),
    ...pools.flatMap(({ cins }, pool) => [
      ...repeated(
        cins,
        ({ cinID }) => cinID,
        (name) => `${name} is in the list twice`,
      ).map(({ index, message }) => ({ at: ['cpoolList', pool, 'cins', index, 'cinID'], message })),
      ...repeated(
        cins,
        ({ default_route }) => (default_route ? 'default' : null),
        () => 'is the second one of the pool',
      ).map(({ index, message }) => ({ at: ['cpoolList', pool, 'cins', index, 'default_route'], message })),
    ]),
  ];
}

/** Containers and their interfaces: an import is limited in the same way. */
function sizeOf(pools: readonly Cpool[]): number {
  return pools.reduce((sum, { start_with, cins }) => sum + start_with * Math.max(1, cins.length), 0);
}

/** The body of POST /cpool. */
export const cpoolListSchema = v.pipe(
  v.object(
    {
      cpoolList: v.pipe(
        v.array(cpoolSchema, 'must be a list of pools'),
        v.maxLength(CPOOLS_MAX, `has more than ${CPOOLS_MAX} pools, the most that a request can have`),
        v.check(
          (pools) => sizeOf(pools) <= IMPORT_CONTAINERS_MAX,
          `has more than ${IMPORT_CONTAINERS_MAX} interfaces of containers in all its pools, the most that a request can have`,
        ),
      ),
    },
    objectMessage,
  ),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    for (const { at, message } of faultsOf(dataset.value.cpoolList)) {
      const [first, ...steps] = at.map((step) => member(dataset.value, String(step)));
      addIssue(first === undefined ? { message } : { message, path: [first, ...steps] });
    }
  }),
);
export type CpoolList = v.InferOutput<typeof cpoolListSchema>;

export const cpoolBodySchema = v.object({
  cpoolID: v.string(),
  type: v.string(),
  start_with: v.number(),
  cins: v.array(v.object({ cinID: v.string(), default_route: v.optional(v.literal('true')) })),
  status: v.picklist(cenStatuses),
  containers: v.array(v.string()),
  hypervisors: v.array(v.string()),
});
export type CpoolBody = v.InferOutput<typeof cpoolBodySchema>;
