import * as v from 'valibot';
import { anyObjectSchema, isObject, mapSchema, objectMessage } from './common.ts';
import { processBodyEntries, processEntries } from './leviathan-processes.ts';

const ID_MAX = 63;

/** One more than others may have: the id of a container of Docker has 64 characters. */
const CONTAINER_ID_MAX = 64;

function idPattern(most: number): string {
  return `[A-Za-z0-9][A-Za-z0-9_.-]{0,${most - 1}}`;
}

function idRule(most: number): string {
  return `must be 1 to ${most} letters, digits, "_", "." and "-", and begin with a letter or digit`;
}

function idSchema(most: number) {
  return v.pipe(v.string('must be a string'), v.regex(new RegExp(`^${idPattern(most)}$`), idRule(most)));
}

/** A Linux bridge has at most 1,023 ports (BR_MAX_PORTS of net/bridge/br_private.h). */
export const CEN_CONTAINERS_MAX = 1000;

/** Maximum number of CENs in one request; an import is one transaction, and other writes wait for it. */
export const CENS_MAX = 5_000;

/** Maximum number of containers in all lists of one import. */
export const IMPORT_CONTAINERS_MAX = 20_000;

/** Path segments below /cen and /cin, which cannot be ids of networks. */
const reservedNetworkIds: ReadonlySet<string> = new Set(['import', 'make', 'destroy']);

export const containerIdSchema = idSchema(CONTAINER_ID_MAX);

export const cenIdSchema = v.pipe(
  idSchema(ID_MAX),
  v.check((id) => !reservedNetworkIds.has(id), 'import, make and destroy are no names of a network'),
);

export const hostIdSchema = idSchema(ID_MAX);

/**
 * A container of a list, and its host if the list names one. A tuple, because the members of an object would be
 * compared with those of the request, in the search for unknown ones.
 */
export type ContainerReference = readonly [host: string | null, container: string];

/** `c7`, or `host2/c7` if it is not on the host of the list. */
const referenceTextSchema = v.pipe(
  v.string('must be a container id, HOST/CONTAINER or {"CONTAINER":"HOST"}'),
  v.regex(
    new RegExp(`^(${idPattern(ID_MAX)}/)?${idPattern(CONTAINER_ID_MAX)}$`),
    `${idRule(CONTAINER_ID_MAX)}; HOST/ may stand before it`,
  ),
  v.transform((reference): ContainerReference => {
    const slash = reference.indexOf('/');
    return [slash < 0 ? null : reference.slice(0, slash), reference.slice(slash + 1)];
  }),
);

/** `{"c7":"host2"}`, as the multi-host branch of leviathan_lib reads it. */
const referenceObjectSchema = v.pipe(
  mapSchema(containerIdSchema, hostIdSchema),
  v.rawTransform(({ dataset, addIssue, NEVER }): ContainerReference => {
    const [entry, ...more] = Object.entries(dataset.value);
    if (entry !== undefined && more.length === 0) return [entry[1], entry[0]];
    addIssue({ message: 'must have one member, a container id with its host' });
    return NEVER;
  }),
);

const containerReferenceSchema: v.GenericSchema<unknown, ContainerReference> = v.lazy((input) =>
  isObject(input) ? referenceObjectSchema : referenceTextSchema,
);

/** Reports every item of a list that repeats an earlier one. */
function distinct<Item>(key: (item: Item) => string, what: string, ...path: string[]) {
  return v.rawCheck<Item[]>(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const seen = new Set<string>();
    for (const [index, item] of dataset.value.entries()) {
      const name = key(item);
      if (seen.has(name)) {
        addIssue({
          message: `${what} ${name} is in the list twice`,
          path: [index, ...path].map((step) => ({
            type: 'unknown',
            origin: 'value',
            input: item,
            key: step,
            value: name,
          })) as [v.UnknownPathItem, ...v.UnknownPathItem[]],
        });
      }
      seen.add(name);
    }
  });
}

export const cenImportSchema = v.object(
  {
    cenList: v.pipe(
      v.array(
        v.object(
          {
            cenID: cenIdSchema,
            containerIDs: v.pipe(
              v.array(containerReferenceSchema, 'must be a list of container ids'),
              v.maxLength(
                CEN_CONTAINERS_MAX,
                `has more than ${CEN_CONTAINERS_MAX} containers, the most that a CEN can have`,
              ),
              distinct(([, container]) => container, 'container'),
            ),
          },
          objectMessage,
        ),
        'must be a list of CENs',
      ),
      v.maxLength(CENS_MAX, `has more than ${CENS_MAX} CENs, the most that a request can have`),
      v.check(
        (cens) => cens.reduce((sum, { containerIDs }) => sum + containerIDs.length, 0) <= IMPORT_CONTAINERS_MAX,
        `has more than ${IMPORT_CONTAINERS_MAX} containers in all its lists, the most that an import can have`,
      ),
      distinct(({ cenID }) => cenID, 'CEN', 'cenID'),
    ),
  },
  objectMessage,
);
export type CenImport = v.InferOutput<typeof cenImportSchema>;

/** The body of /cen/make and /cen/destroy; repeated ids count once. */
export const cenListSchema = v.pipe(
  v.array(cenIdSchema, 'must be a JSON list of CEN ids'),
  v.maxLength(CENS_MAX, `has more than ${CENS_MAX} CENs, the most that a request can have`),
  v.transform((ids) => [...new Set(ids)]),
);

/** A limit of a container, which is reserved for it. */
function limit(rule: string, most: number) {
  return v.pipe(
    v.number(rule),
    v.integer('must be whole'),
    v.minValue(1, 'must be at least 1'),
    v.maxValue(most, `must be at most ${most}`),
  );
}

/** The optional body of PUT /host/{h}/{c} (extension); further members of weft's answer may be sent back. */
export const containerPutSchema = v.pipe(
  anyObjectSchema,
  v.strictObject(
    {
      tag: v.optional(
        v.nullable(v.pipe(v.string('must be a string'), v.maxLength(255, 'must have at most 255 characters'))),
      ),
      ...processEntries,
      memory: v.optional(v.nullable(limit('must be a number of MB', 1_000_000_000))),
      vcpus: v.optional(v.nullable(limit('must be a number', 1_000_000))),
      contID: v.optional(v.unknown()),
      hostID: v.optional(v.unknown()),
      cens: v.optional(v.unknown()),
      ipaddresses: v.optional(v.unknown()),
      state: v.optional(v.unknown()),
      wanted: v.optional(v.unknown()),
      exit_code: v.optional(v.unknown()),
      reason: v.optional(v.unknown()),
      started: v.optional(v.unknown()),
      finished: v.optional(v.unknown()),
      restarts: v.optional(v.unknown()),
      next_start: v.optional(v.unknown()),
    },
    objectMessage,
  ),
);
export type ContainerPut = v.InferOutput<typeof containerPutSchema>;

export const wiringTypes = ['wire', 'bridge'] as const;
export type WiringType = (typeof wiringTypes)[number];

/** What the code of leviathan_rest_lib, other than its document, calls them. */
export const wireTypes = { wire: 'wire', bridge: 'bus' } as const satisfies Record<WiringType, string>;

export const cenStatuses = ['pending', 'preparing', 'ready', 'failed'] as const;

/** One end of a wire: in a container, or a port of the CEN's bridge. */
const wireEndSchema = v.union([
  v.object({ contID: v.string(), interface: v.string() }),
  v.object({ bridge: v.string(), interface: v.string() }),
]);

export const cenBodySchema = v.object({
  cenID: v.string(),
  contIDs: v.array(v.string()),
  wiring_type: v.nullable(v.picklist(wiringTypes)),
  wire_type: v.nullable(v.picklist(Object.values(wireTypes))),
  status: v.picklist(cenStatuses),
  wires: v.array(v.tuple([wireEndSchema, wireEndSchema])),
  hypervisors: v.array(v.string()),
});
export type CenBody = v.InferOutput<typeof cenBodySchema>;

export const containerStates = ['declared', 'preparing', 'running', 'exited', 'failed'] as const;

export const containerBodySchema = v.object({
  contID: v.string(),
  hostID: v.string(),
  cens: v.array(v.string()),
  tag: v.nullable(v.string()),
  /** In MB, and cores; absent: nothing is reserved. */
  memory: v.optional(v.number()),
  vcpus: v.optional(v.number()),
  ipaddresses: v.array(v.string()),
  state: v.picklist(containerStates),
  /** Why it is `failed`. */
  error: v.optional(v.string()),
  ...processBodyEntries,
});
export type ContainerBody = v.InferOutput<typeof containerBodySchema>;
