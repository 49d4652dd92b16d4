import { type Capability, type Technology, technologies } from '../../schema/api/capabilities.ts';
import { kernelRelease } from './identity.ts';
import { findInstalled, type Installed } from './installed.ts';
import { hasKernelModule } from './kernel-modules.ts';

/** The version of a technology on the host; null: the host does not have it. */
type FoundOne = { readonly version: string | null } | null;

/** Runtimes whose names differ from those of their programs. */
const runtimeNames: Readonly<Record<string, string>> = { 'lxc-start': 'lxc', dockerd: 'docker' };

/** Probes for technologies without a driver in this version. */
const probes: Partial<Record<Technology, () => Promise<FoundOne>>> = {
  containers: async () => runtimes(await findInstalled(['lxc-start', 'dockerd', 'podman'])),
  frr: async () => first(await findInstalled(['zebra'])),
  netem: async () => ((await hasKernelModule('sch_netem')) ? { version: kernelRelease() } : null),
};

export type Found = Readonly<Partial<Record<Technology, FoundOne>>>;

/** Probes the host: one short process for each installed program, concurrently. */
export async function findTechnologies(): Promise<Found> {
  const found = Object.entries(probes).map(async ([technology, probe]) => [technology, await probe()] as const);
  return Object.fromEntries(await Promise.all(found));
}

/** The result as `capabilities` of the hypervisor; `managed`: technologies with a driver in this version. */
export function capabilities(
  managed: Readonly<Partial<Record<Technology, Capability>>>,
  found: Found,
): Record<Technology, Capability> {
  const each = technologies.map((technology) => [
    technology,
    managed[technology] ?? unmanaged(found[technology] ?? null),
  ]);
  return Object.fromEntries(each);
}

function unmanaged(found: FoundOne): Capability {
  const reason = 'this version of weft does not manage it yet';
  if (found === null) return { available: false, reason: `${reason}, and the host does not have it` };
  return { available: false, reason, ...(found.version === null ? {} : { version: found.version }) };
}

function first([one]: readonly Installed[]): FoundOne {
  return one === undefined ? null : { version: one.version };
}

/** There may be several runtimes, each with its version: `lxc 5.0.2, docker 28.2.2`. */
export function runtimes(installed: readonly Installed[]): FoundOne {
  if (installed.length === 0) return null;
  const named = installed.map(({ program, version }) => {
    const name = runtimeNames[program] ?? program;
    return version === null ? name : `${name} ${version}`;
  });
  return { version: named.join(', ') };
}
