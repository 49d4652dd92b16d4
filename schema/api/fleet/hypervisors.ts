import * as v from 'valibot';
import { canonicalAddress, canonicalMac } from '../../addresses/address.ts';
import { Problem, problemSchema } from '../../problem.ts';
import { capabilitiesSchema } from '../capabilities.ts';
import { anyObjectSchema, mapSchema, member, nameSchema, objectMessage, uuidPattern, uuidSchema } from '../common.ts';

/** Normalised by `canonical`; an empty string means none. */
function emptyOr(canonical: (text: string) => string | undefined, rule: string) {
  return v.pipe(
    v.string('must be a string'),
    v.rawTransform(({ dataset, addIssue, NEVER }): string => {
      const text = dataset.value === '' ? '' : canonical(dataset.value);
      if (text !== undefined) return text;
      addIssue({ message: rule });
      return NEVER;
    }),
  );
}

const ipSchema = emptyOr(canonicalAddress, 'must be an IPv4 or IPv6 address, or empty');
const macSchema = emptyOr(canonicalMac, 'must be a MAC address of 48 bits such as 52:54:00:12:34:56, or empty');

const amountSchema = v.pipe(
  v.number('must be a number'),
  v.safeInteger('must be a whole number'),
  v.minValue(0, 'must not be negative'),
  // Of JSON's -0.
  v.transform((amount) => amount + 0),
);

/** Memory and disk in MB, CPU in cores. */
const resourcesSchema = v.pipe(
  anyObjectSchema,
  v.object(
    { memory: v.optional(amountSchema), disk: v.optional(amountSchema), cpu: v.optional(amountSchema) },
    objectMessage,
  ),
);
export type ResourcesInput = v.InferOutput<typeof resourcesSchema>;

/** Read-only members of weft's answers, which a client may send back. */
const readOnly = {
  alive: v.optional(v.unknown()),
  last_seen: v.optional(v.unknown()),
  boot_id: v.optional(v.unknown()),
  capabilities: v.optional(v.unknown()),
  executor_version: v.optional(v.unknown()),
  load: v.optional(v.unknown()),
  free_memory: v.optional(v.unknown()),
};

/** A missing name is shown as the id; that may be sent back, but no other hypervisor's id. */
const sentNameSchema = v.union(
  [nameSchema, uuidSchema],
  (issue) => v.safeParse(nameSchema, issue.input).issues?.[0].message ?? 'is not a valid name',
);

const foreignName = 'must not look like a UUID: that would be an id';

function isForeignName(id: string | undefined, name: string | undefined): boolean {
  return name !== undefined && uuidPattern.test(name) && name !== id;
}

/** For a PATCH, once its hypervisor is known. Throws a {@link Problem} 400 for a name that is the id of another one. */
export function refuseForeignName(id: string, { name }: Pick<HypervisorPatch, 'name'>): void {
  if (!isForeignName(id, name)) return;
  throw new Problem('invalid', `/name ${foreignName}`, { errors: [{ pointer: '/name', detail: foreignName }] });
}

const described = {
  id: v.optional(uuidSchema),
  name: v.optional(sentNameSchema),
  metadata: v.optional(anyObjectSchema),
  ip: v.optional(ipSchema),
  netmask: v.optional(ipSchema),
  gateway: v.optional(ipSchema),
  mac: v.optional(macSchema),
  total_resources: v.optional(resourcesSchema),
  available_resources: v.optional(resourcesSchema),
  ...readOnly,
};

const amounts = ['memory', 'disk', 'cpu'] as const;

export const hypervisorPostSchema = v.pipe(
  anyObjectSchema,
  v.object(described, objectMessage),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const { id, name, total_resources: total = {}, available_resources: available = {} } = dataset.value;
    if (isForeignName(id, name)) addIssue({ message: foreignName, path: [member(dataset.value, 'name')] });
    for (const resource of amounts) {
      const [most, given] = [total[resource] ?? 0, available[resource]];
      if (given === undefined || given <= most) continue;
      addIssue({
        message: `is above the total of ${most}`,
        path: [member(dataset.value, 'available_resources'), member(available, resource)],
      });
    }
  }),
);
export type HypervisorPost = v.InferOutput<typeof hypervisorPostSchema>;

/** The current resources are known only in the database: nothing is compared here. */
export const hypervisorPatchSchema = v.pipe(anyObjectSchema, v.object(described, objectMessage));
export type HypervisorPatch = v.InferOutput<typeof hypervisorPatchSchema>;

const pathRule = { pattern: /^\/[^\0]{0,4094}$/, rule: 'must be an absolute path on the host' };
/** Whether the containers of a CIN reach beyond it, by the host: not; as the host routes; with the host's address. */
export const cinForwardings = ['off', 'on', 'nat'] as const;
export type CinForwarding = (typeof cinForwardings)[number];

/** Keys that weft itself interprets, with the rules for their values. */
const knownConfig: Readonly<Record<string, { readonly pattern: RegExp; readonly rule: string }>> = {
  cpu_overcommit: {
    pattern: /^(?:[1-9]|[1-5]\d|6[0-3])(?:\.\d{1,3})?$|^64(?:\.0{1,3})?$/,
    rule: 'must be a decimal number from 1 to 64',
  },
  cin_forwarding: { pattern: /^(?:off|on|nat)$/, rule: `must be one of ${cinForwardings.join(', ')}` },
  memory_reserve: { pattern: /^\d{1,12}$/, rule: 'must be a whole number of MB' },
  image_pull: { pattern: /^(?:never|missing)$/, rule: 'must be never or missing' },
  image_import_dir: pathRule,
  registry_credentials: pathRule,
  mount_roots: {
    pattern: /^\/[^\0:]{0,1000}(?::\/[^\0:]{0,1000}){0,19}$/,
    rule: 'must be absolute paths on the host, separated by colons',
  },
  pids_limit: { pattern: /^(?:0|[1-9]\d{0,6})$/, rule: 'must be a whole number to 9999999' },
  on_crash: { pattern: /^(?:restart|leave)$/, rule: 'must be restart or leave' },
  shutdown_timeout: { pattern: /^[1-9]\d{0,4}$/, rule: 'must be a whole number of seconds from 1 to 99999' },
  image_allow_local: { pattern: /^(?:true|false)$/, rule: 'must be true or false' },
};

/** A patch of a hypervisor's config; an empty string removes a key. */
export const configPatchSchema = v.pipe(
  mapSchema(v.pipe(v.string(), v.nonEmpty('an empty key is none')), v.string('must be a string')),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    for (const [key, value] of Object.entries(dataset.value)) {
      const known = Object.hasOwn(knownConfig, key) ? knownConfig[key] : undefined;
      if (known === undefined || value === '' || known.pattern.test(value)) continue;
      addIssue({ message: known.rule, path: [member(dataset.value, key)] });
    }
  }),
);

/**
 * A valid name of a Linux link: 1 to 15 bytes, by dev_valid_name() in net/core/dev.c, without names that sysctl cannot
 * address.
 */
const interfaceSchema = v.pipe(
  v.string('must be a string'),
  v.regex(/^[!-~]{1,15}$/, 'must be 1 to 15 visible ASCII characters'),
  v.regex(/^[^/:%]*$/, 'must not have "/", ":" or "%" in it'),
  v.check((name) => !['.', '..', 'lo', 'all', 'default'].includes(name), 'is not a valid link name'),
);

/** Subnet to interface. */
export const subnetsPatchSchema = mapSchema(uuidSchema, interfaceSchema);

export const subnetIdSchema = uuidSchema;

export const removalQuerySchema = v.strictObject({
  force: v.optional(
    v.pipe(
      v.picklist(['true', 'false'], 'must be true or false'),
      v.transform((text) => text === 'true'),
    ),
    'false',
  ),
});

const amountsBodySchema = v.object({ memory: v.number(), disk: v.number(), cpu: v.number() });

export const hypervisorBodySchema = v.object({
  id: v.string(),
  metadata: anyObjectSchema,
  ip: v.string(),
  netmask: v.string(),
  gateway: v.string(),
  mac: v.string(),
  total_resources: amountsBodySchema,
  available_resources: amountsBodySchema,
  name: v.string(),
  alive: v.boolean(),
  last_seen: v.nullable(v.string()),
  boot_id: v.nullable(v.string()),
  capabilities: capabilitiesSchema,
  executor_version: v.nullable(v.string()),
  /** The load average of one minute. */
  load: v.nullable(v.number()),
  /** In MB. */
  free_memory: v.nullable(v.number()),
});
export type HypervisorBody = v.InferOutput<typeof hypervisorBodySchema>;

export const associationStates = ['pending', 'ready', 'failed'] as const;

/** The association of a hypervisor with a subnet. */
export const associationBodySchema = v.object({
  subnet: v.string(),
  interface: v.string(),
  /** State of the bridge on the host. */
  state: v.picklist(associationStates),
  error: v.nullable(problemSchema),
});
export type AssociationBody = v.InferOutput<typeof associationBodySchema>;
