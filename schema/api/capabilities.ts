import * as v from 'valibot';

/** What a hypervisor may be able to do, in the order that it is shown in. */
export const technologies = ['libvirt', 'ovs', 'netns', 'containers', 'frr', 'spp', 'netem'] as const;
export type Technology = (typeof technologies)[number];

/** What one technology is on a host. */
export const capabilitySchema = v.variant('available', [
  v.object({ available: v.literal(true), version: v.nullable(v.string()) }),
  v.object({
    available: v.literal(false),
    reason: v.string(),
    /** It was there, and is expected back. */
    away: v.optional(v.literal(true)),
    /** What the host has, although weft cannot use it. */
    version: v.optional(v.string()),
  }),
]);
export type Capability = Readonly<v.InferOutput<typeof capabilitySchema>>;

/** By technology: all of them from an executor of this version, none from one that was never started. */
export const capabilitiesSchema = v.record(v.string(), capabilitySchema);
export type Capabilities = Readonly<v.InferOutput<typeof capabilitiesSchema>>;
