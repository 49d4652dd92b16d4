import * as v from 'valibot';
import { objectMessage } from '../common.ts';

/** The name of a libvirt network. */
export const networkNameSchema = v.pipe(
  v.string('must be a string'),
  v.regex(/^[A-Za-z0-9_.:-]{1,63}$/, 'must be 1 to 63 letters, digits, "_", ".", ":" and "-"'),
);

/** The name of a bridge of Open vSwitch: as long as that of a link may be. */
const bridgeSchema = v.pipe(
  v.string('must be a string'),
  v.regex(/^[A-Za-z0-9_.-]{1,15}$/, 'must be 1 to 15 letters, digits, "_", "." and "-"'),
);

const LAST_VLAN = 4_094;
const vlanMessage = `must be a whole number from 1 to ${LAST_VLAN}`;

/** A tag of IEEE 802.1Q that ports may have: 0 and 4095 are reserved. */
const vlanSchema = v.pipe(
  v.number(vlanMessage),
  v.integer(vlanMessage),
  v.minValue(1, vlanMessage),
  v.maxValue(LAST_VLAN, vlanMessage),
);

const specEntries = { bridge: bridgeSchema, vlan: vlanSchema };

/** The body of POST /networks/{name}. */
export const vlanNetworkPostSchema = v.object(specEntries, objectMessage);

/** The same, with its name. */
export const vlanNetworkSchema = v.object({ name: networkNameSchema, ...specEntries });
export type VlanNetwork = v.InferOutput<typeof vlanNetworkSchema>;

/**
 * `active` and `inactive` are words of virsh; `defining`, `deleting`: an operation is under way; `missing`: it is to be
 * there, and is not; `degraded`: it cannot be repaired or removed; `unknown`: libvirt is away.
 */
export const networkStates = ['active', 'inactive', 'defining', 'deleting', 'missing', 'degraded', 'unknown'] as const;

const yesOrNo = v.picklist(['yes', 'no']);

/** The first four members are the old agent's. */
export const networkBodySchema = v.object({
  name: v.string(),
  state: v.picklist(networkStates),
  autostart: yesOrNo,
  persistent: yesOrNo,
  /** Null: a network that weft did not make may have none. */
  bridge: v.nullable(v.string()),
  vlan: v.nullable(v.number()),
  hypervisor: v.string(),
  /** Whether weft made it. */
  managed: v.boolean(),
  /** Why the last operation on it failed. */
  error: v.nullable(v.string()),
});
export type NetworkBody = v.InferOutput<typeof networkBodySchema>;
