import type { Capability, Technology } from '../../schema/api/capabilities.ts';
import type { Availability } from '../drivers/netns/driver.ts';
import type { Kind } from '../kinds/kind.ts';
import { kernelRelease } from './identity.ts';
import { findInstalled, type Installed } from './installed.ts';
import { hasKernelModule } from './kernel-modules.ts';

/** What the drivers of this version say of themselves, once for as long as this process lives. */
export interface Drivers {
  readonly netns: Availability;
  readonly spp: Availability;
}

type Unmanaged = Exclude<Technology, keyof Drivers>;

/** The programs that a technology is; of alternatives any. */
const programs = {
  libvirt: ['libvirtd', 'virtqemud'],
  ovs: ['ovs-vswitchd'],
  containers: ['lxc-start', 'dockerd', 'podman'],
  frr: ['zebra'],
} as const satisfies Record<Exclude<Unmanaged, 'netem'>, readonly string[]>;

/** Runtimes by other names than their programs'. */
const runtimeNames: Readonly<Record<string, string>> = { 'lxc-start': 'lxc', dockerd: 'docker' };

/** What the host has of the technologies that this version of weft has no driver for: null where it has nothing. */
export type Found = Readonly<Record<Unmanaged, { readonly version: string | null } | null>>;

/** Looks at the host: one short process for each program that is there, side by side. */
export async function findTechnologies(): Promise<Found> {
  const [libvirt, ovs, containers, frr, netem] = await Promise.all([
    findInstalled(programs.libvirt),
    findInstalled(programs.ovs),
    findInstalled(programs.containers),
    findInstalled(programs.frr),
    hasKernelModule('sch_netem'),
  ]);
  return {
    libvirt: first(libvirt),
    ovs: first(ovs),
    containers: runtimes(containers),
    frr: first(frr),
    netem: netem ? { version: kernelRelease() } : null,
  };
}

/** What the executor found on its host, as `capabilities` of the hypervisor shows it. */
export function capabilities({ netns, spp }: Drivers, found: Found): Record<Technology, Capability> {
  return {
    libvirt: unmanaged(found.libvirt),
    ovs: unmanaged(found.ovs),
    netns: netns.available ? { available: true, version: kernelRelease() } : netns,
    containers: unmanaged(found.containers),
    frr: unmanaged(found.frr),
    spp: spp.available ? { available: true, version: null } : spp,
    netem: unmanaged(found.netem),
  };
}

/** With what the drivers say of their technologies now. */
export function withHealth(
  known: Record<Technology, Capability>,
  kinds: readonly Pick<Kind, 'technology' | 'health'>[],
): Record<Technology, Capability> {
  const away = kinds.flatMap(({ technology, health }): [Technology, Capability][] => {
    const now = health?.() ?? { available: true };
    return now.available ? [] : [[technology, { available: false, away: true, reason: now.reason }]];
  });
  return { ...known, ...Object.fromEntries(away) };
}

function unmanaged(found: Found[Unmanaged]): Capability {
  const reason = 'this version of weft does not manage it yet';
  if (found === null) return { available: false, reason: `${reason}, and the host does not have it` };
  return { available: false, reason, ...(found.version === null ? {} : { version: found.version }) };
}

function first([one]: readonly Installed[]): Found[Unmanaged] {
  return one === undefined ? null : { version: one.version };
}

/** There may be several runtimes, and each has a version of its own: `lxc 5.0.2, docker 28.2.2`. */
export function runtimes(installed: readonly Installed[]): Found['containers'] {
  if (installed.length === 0) return null;
  const named = installed.map(({ program, version }) => {
    const name = runtimeNames[program] ?? program;
    return version === null ? name : `${name} ${version}`;
  });
  return { version: named.join(', ') };
}
