import type { Availability } from '../drivers/netns/driver.ts';
import { kernelRelease } from './identity.ts';

/** What one technology is on this host, as `capabilities` of the hypervisor shows it. */
export type Capability =
  | { readonly available: true; readonly version: string | null }
  | { readonly available: false; readonly reason: string };

export type Capabilities = Readonly<Record<string, Capability>>;

/** What the executor found on its host. */
export function capabilities({
  netns,
  spp,
}: {
  readonly netns: Availability;
  readonly spp: Availability;
}): Capabilities {
  return {
    netns: netns.available ? { available: true, version: kernelRelease() } : netns,
    spp: spp.available ? { available: true, version: null } : spp,
  };
}
