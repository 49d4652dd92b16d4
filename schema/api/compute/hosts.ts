import * as v from 'valibot';
import { canonicalMac } from '../../addresses/address.ts';
import { powerActions } from '../../resources/domains/power.ts';
import { anyObjectSchema, member, objectMessage } from '../common.ts';
import { hostNameSchema } from './names.ts';
import { networkNameSchema } from './networks.ts';

/** As many letters as a guest has for disks of one: `sda` to `sdz`. */
const DISKS_MAX = 26;
const DISK_GB_MAX = 1_000_000;
const NICS_MAX = 26;
const MEMORY_MB_MAX = 1_000_000_000;
const VCPUS_MAX = 255;

function amount(what: string, most: number) {
  return v.pipe(
    v.number(`must be ${what}`),
    v.integer('must be a whole number'),
    v.minValue(1, 'must be at least 1'),
    v.maxValue(most, `must be at most ${most}`),
  );
}

const memorySchema = amount('a number of MB', MEMORY_MB_MAX);
const vcpusSchema = amount('a number', VCPUS_MAX);
const flagSchema = v.boolean('must be true or false');
const textSchema = v.string('must be a string');

const disksSchema = v.pipe(
  v.array(amount('a number of GB', DISK_GB_MAX), 'must be a list of numbers of GB'),
  v.minLength(1, 'must have at least one disk'),
  v.maxLength(DISKS_MAX, `must have at most ${DISKS_MAX} disks`),
);

/**
 * The lowest bit of the first octet says that it is the address of a group (IEEE 802); addresses that begin with fe are
 * those of the host's ends, and libvirt refuses them.
 */
function isForGuest(mac: string): boolean {
  return Number.parseInt(mac.slice(0, 2), 16) % 2 === 0 && !mac.startsWith('fe') && mac !== '00:00:00:00:00:00';
}

const macSchema = v.pipe(
  v.string('must be a string'),
  v.rawTransform(({ dataset, addIssue, NEVER }): string => {
    const mac = canonicalMac(dataset.value);
    if (mac !== undefined && isForGuest(mac)) return mac;
    addIssue({ message: 'must be a unicast MAC address such as 52:54:00:12:34:56, and not begin with fe' });
    return NEVER;
  }),
);

const nicSchema = v.object({ name: networkNameSchema, mac: v.optional(macSchema) }, objectMessage);
type Nic = v.InferOutput<typeof nicSchema>;

/** A network by its name, or also with the MAC address of the interface in it. */
const networkSchema: v.GenericSchema<unknown, Nic> = v.lazy((input) =>
  typeof input === 'string'
    ? v.pipe(
        networkNameSchema,
        v.transform((name): Nic => ({ name })),
      )
    : v.pipe(v.custom<object>(Boolean, 'must be a name, or an object with a name and a MAC address'), nicSchema),
);

const networksSchema = v.pipe(
  v.array(networkSchema, 'must be a list of names of networks'),
  v.maxLength(NICS_MAX, `must have at most ${NICS_MAX} networks`),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const seen = new Set<string>();
    for (const [key, { mac }] of dataset.value.entries()) {
      if (mac !== undefined && seen.has(mac)) {
        addIssue({ message: `MAC address ${mac} is in the list twice`, path: [{ ...step(dataset.value, key) }] });
      }
      if (mac !== undefined) seen.add(mac);
    }
  }),
);

function step(input: Nic[], key: number): v.ArrayPathItem {
  return { type: 'array', origin: 'value', input, key, value: input[key] };
}

/** Members that only an installation from the network has. */
const installationMembers = ['location', 'cmdline', 'console'] as const;

/** The body of POST /hosts/{hostname}. */
export const hostPostSchema = v.pipe(
  anyObjectSchema,
  v.object(
    {
      memory: memorySchema,
      vcpus: v.optional(vcpusSchema),
      disks: disksSchema,
      networks: networksSchema,
      autostart: v.optional(flagSchema),
      start: v.optional(flagSchema),
      install: v.optional(flagSchema),
      location: v.optional(textSchema),
      cmdline: v.optional(textSchema),
      console: v.optional(flagSchema),
      image: v.optional(textSchema),
      user_data: v.optional(textSchema),
      ssh_keys: v.optional(v.array(textSchema, 'must be a list of strings')),
    },
    objectMessage,
  ),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed || dataset.value.install === true) return;
    for (const name of installationMembers) {
      if (dataset.value[name] === undefined) continue;
      addIssue({ message: 'is for "install": true only', path: [member(dataset.value, name)] });
    }
  }),
);
export type HostPost = v.InferOutput<typeof hostPostSchema>;

/** A new host, as its operation keeps it. */
export const hostCreateSchema = v.object({
  name: hostNameSchema,
  memory: memorySchema,
  vcpus: vcpusSchema,
  disks: disksSchema,
  networks: networksSchema,
  autostart: flagSchema,
  start: flagSchema,
});
export type HostCreate = v.InferOutput<typeof hostCreateSchema>;

const changeEntries = {
  memory: v.optional(memorySchema),
  vcpus: v.optional(vcpusSchema),
  autostart: v.optional(flagSchema),
};

/** The body of PATCH /hosts/{hostname}. */
export const hostPatchSchema = v.pipe(anyObjectSchema, v.strictObject(changeEntries, objectMessage));

/** The same, with the host's name. */
export const hostUpdateSchema = v.object({ name: hostNameSchema, ...changeEntries });

/** What PUT /hosts/{hostname}/{action} asks for. */
export const hostActionSchema = v.object({ name: hostNameSchema, action: v.picklist(powerActions) });

/**
 * `state` is virsh's word, or: `defining`, `deleting`: an operation is under way; `missing`: it is to be there, and is
 * not; `degraded`: it cannot be repaired or removed; `unknown`: libvirt is away.
 */
export const hostBodySchema = v.object({
  /** libvirt's UUID of it. */
  id: v.string(),
  name: v.string(),
  state: v.string(),
  /** In MB. */
  memory: v.number(),
  vcpus: v.number(),
  /** In the order of their units; null, like what follows: weft did not make it and does not know. */
  disks: v.nullable(v.array(v.object({ size: v.number(), serial: v.string() }))),
  networks: v.nullable(v.array(v.object({ name: v.string(), mac: v.string() }))),
  autostart: v.nullable(v.boolean()),
  hypervisor: v.string(),
  /** Whether weft made it. */
  managed: v.boolean(),
  /** Why the last operation on it failed. */
  error: v.nullable(v.string()),
});
export type HostBody = v.InferOutput<typeof hostBodySchema>;
