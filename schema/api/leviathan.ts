import * as v from 'valibot';
import { anyObjectSchema, objectMessage } from './common.ts';

const idPattern = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/;
const idRule = 'must be 1 to 63 letters, digits, "_", "." and "-", and begin with a letter or digit';

/** A Linux bridge has at most 1,023 ports (BR_MAX_PORTS of net/bridge/br_private.h). */
export const CEN_CONTAINERS_MAX = 1000;

/** Maximum number of CENs in one request; an import is one transaction, and other writes wait for it. */
export const CENS_MAX = 5_000;

/** Maximum number of containers in all lists of one import. */
export const IMPORT_CONTAINERS_MAX = 20_000;

/** Path segments below /cen and /cin, which cannot be ids of networks. */
const reservedNetworkIds: ReadonlySet<string> = new Set(['import', 'make', 'destroy']);

export const containerIdSchema = v.pipe(v.string('must be a string'), v.regex(idPattern, idRule));

export const cenIdSchema = v.pipe(
  v.string('must be a string'),
  v.regex(idPattern, idRule),
  v.check((id) => !reservedNetworkIds.has(id), 'import, make and destroy are no names of a network'),
);

export const hostIdSchema = v.pipe(v.string('must be a string'), v.regex(idPattern, idRule));

/** A container in a list: `c7`, or `host2/c7` if it is not on the host of the list. */
const containerReferenceSchema = v.pipe(
  v.string('must be a string'),
  v.regex(
    /^([A-Za-z0-9][A-Za-z0-9_.-]{0,62}\/)?[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/,
    `${idRule}; HOST/ may stand before it`,
  ),
  v.transform((reference) => {
    const slash = reference.indexOf('/');
    return { host: slash < 0 ? null : reference.slice(0, slash), container: reference.slice(slash + 1) };
  }),
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
              distinct(({ container }) => container, 'container'),
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
      image: v.optional(v.string('must be a string')),
      command: v.optional(v.array(v.string('must be a string'), 'must be a list of strings')),
      memory: v.optional(v.nullable(limit('must be a number of MB', 1_000_000_000))),
      vcpus: v.optional(v.nullable(limit('must be a number', 1_000_000))),
      contID: v.optional(v.unknown()),
      hostID: v.optional(v.unknown()),
      cens: v.optional(v.unknown()),
      ipaddresses: v.optional(v.unknown()),
      state: v.optional(v.unknown()),
    },
    objectMessage,
  ),
);
export type ContainerPut = v.InferOutput<typeof containerPutSchema>;

export const wiringTypes = ['wire', 'bridge'] as const;
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
  status: v.picklist(cenStatuses),
  wires: v.array(v.tuple([wireEndSchema, wireEndSchema])),
  hypervisors: v.array(v.string()),
});
export type CenBody = v.InferOutput<typeof cenBodySchema>;

export const containerStates = ['declared', 'preparing', 'running', 'failed'] as const;

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
});
export type ContainerBody = v.InferOutput<typeof containerBodySchema>;
