import * as v from 'valibot';

/** Technologies of a hypervisor, in the order in which they are shown. */
export const technologies = ['libvirt', 'ovs', 'netns', 'containers', 'frr', 'spp', 'netem'] as const;
export type Technology = (typeof technologies)[number];

/** The state of one technology on a host. */
export const capabilitySchema = v.variant('available', [
  v.object({
    available: v.literal(true),
    version: v.nullable(v.string()),
    /** The host does not have it yet: the executor installs it for the first operation that needs it. */
    installable: v.optional(v.literal(true)),
  }),
  v.object({
    available: v.literal(false),
    reason: v.string(),
    /** It was available, and is expected to return. */
    away: v.optional(v.literal(true)),
    /** The version on the host, although weft cannot use it. */
    version: v.optional(v.string()),
  }),
]);
export type Capability = Readonly<v.InferOutput<typeof capabilitySchema>>;

/** By technology: all of them from an executor of this version, none if no executor was ever started. */
export const capabilitiesSchema = v.record(v.string(), capabilitySchema);
export type Capabilities = Readonly<v.InferOutput<typeof capabilitiesSchema>>;
