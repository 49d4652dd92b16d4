import { type DomainDescription, isActive } from '../../drivers/libvirt/driver.ts';
import type { Reference } from '../../drivers/libvirt/reference.ts';
import { XmlError } from '../../drivers/xml/error.ts';
import type { LibvirtPeer } from '../../peers/libvirt.ts';
import type { DesiredDomain } from './desired.ts';
import { readConsoles, readVolumes } from './files.ts';
import type { DomainMemory } from './memory.ts';
import { type NetworksAccess, readNetworks } from './networks.ts';
import { type HostDomain, hostDomain, type ObservedDomains } from './observed.ts';
import { type DomainPlaces, positionOf, volumeName } from './places.ts';
import type { Accelerator } from './xml/model.ts';
import type { ObservedDomain } from './xml/observed.ts';
import { readDomain } from './xml/read.ts';
import { DomainReader } from './xml/reader.ts';

/** What the domains of a host stand on. */
export interface DomainsAccess extends NetworksAccess {
  readonly libvirt: Pick<LibvirtPeer, 'driver' | 'storage' | 'readiness' | 'ensureReady' | 'subscribe'>;
  readonly places: DomainPlaces;
  readonly memory: DomainMemory;
  readonly accelerator: () => Promise<Accelerator>;
  readonly isHostGoingDown: () => Promise<boolean>;
}

/** Reads the domains of a host, and what belongs to them. */
export class DomainObserver {
  readonly #access: DomainsAccess;
  readonly #reader = new DomainReader();

  constructor(access: DomainsAccess) {
    this.#access = access;
  }

  /** What a plan for one domain needs. `taken`: see {@link ObservedDomains}. */
  async observeOne(desired: DesiredDomain, taken: ReadonlySet<string>): Promise<ObservedDomains> {
    const { libvirt } = this.#access;
    const readiness = libvirt.readiness();
    const id = idOf(desired);
    if (readiness !== 'ready' || id === null) return { ...NOTHING, libvirt: readiness, taken };
    const { domains } = libvirt.driver;
    const description = await domains.describe(id);
    const found = description === null ? [] : [this.#hostDomain(description, definitionOf(description))];
    const names = found.length > 0 ? found : await domains.list();
    return { ...(await this.#observed([desired], found, names)), taken };
  }

  /** All domains of the host, and what plans for these need. */
  async observeAll(desired: readonly DesiredDomain[]): Promise<ObservedDomains> {
    const readiness = this.#access.libvirt.readiness();
    if (readiness !== 'ready') return { ...NOTHING, libvirt: readiness };
    const found = await this.list();
    return this.#observed(desired, found, found);
  }

  /** All domains of the host. */
  async list(): Promise<HostDomain[]> {
    const descriptions = await this.#access.libvirt.driver.domains.describeAll();
    const { domains } = this.#reader.read(new Map(descriptions.map(({ uuid, xml }) => [uuid, xml])));
    return descriptions.map((each) => this.#hostDomain(each, domains.get(each.uuid) ?? notUnderstood(each)));
  }

  #hostDomain(description: DomainDescription, read: ObservedDomain): HostDomain {
    const { memory } = this.#access;
    if (isActive(description.state)) memory.runs(description.uuid);
    return hostDomain(read, description, memory.of(description.uuid));
  }

  async #observed(
    desired: readonly DesiredDomain[],
    found: readonly HostDomain[],
    names: readonly Reference[],
  ): Promise<ObservedDomains> {
    const { libvirt, places, accelerator, isHostGoingDown } = this.#access;
    const domains = new Map(found.map((each) => [each.uuid, each]));
    const volumes = desired.flatMap((each) => volumesOf(each, domains, places));
    const leaving = desired.flatMap((each) => (each.wanted === 'absent' ? (each.id ?? []) : []));
    const isOnNetworks = desired.some((each) => each.wanted === 'present' && each.domain.nics.length > 0);
    const hasStopped = desired.some((each) => mayHaveStopped(each, domains));
    const [disks, consoles, networks, chosen, goingDown] = await Promise.all([
      volumes.length === 0 ? NO_VOLUMES : readVolumes(libvirt.storage, places, volumes),
      readConsoles(places, leaving),
      isOnNetworks ? readNetworks(this.#access) : NOTHING.networks,
      accelerator(),
      hasStopped ? isHostGoingDown() : false,
    ]);
    return {
      ...NOTHING,
      libvirt: 'ready',
      ...{ domains, names: new Map(names.map(({ name, uuid }) => [name, uuid])), ...disks, consoles, networks },
      ...{ accelerator: chosen, isHostGoingDown: goingDown },
    };
  }
}

const NO_VOLUMES: Pick<ObservedDomains, 'pool' | 'volumes'> = { pool: 'absent', volumes: new Map() };

const NOTHING: Omit<ObservedDomains, 'libvirt'> = {
  domains: new Map(),
  names: new Map(),
  ...NO_VOLUMES,
  consoles: new Set(),
  networks: new Map(),
  accelerator: 'qemu',
  isHostGoingDown: false,
  taken: new Set(),
};

function idOf(desired: DesiredDomain): string | null {
  switch (desired.wanted) {
    case 'present':
      return desired.domain.id;
    case 'change of nothing':
      return null;
    default:
      return desired.id;
  }
}

/** It is off, and is not wanted to be by what is known yet. */
function mayHaveStopped(desired: DesiredDomain, domains: ReadonlyMap<string, HostDomain>): boolean {
  if (desired.wanted !== 'present' || desired.power.is === 'asked' || desired.power.power === 'shut off') return false;
  const found = domains.get(desired.domain.id);
  return found !== undefined && !isActive(found.state);
}

/** Names of the volumes that the plan for a domain needs to know. */
function volumesOf(
  desired: DesiredDomain,
  domains: ReadonlyMap<string, HostDomain>,
  places: DomainPlaces,
): readonly string[] {
  const id = idOf(desired);
  if (id === null) return [];
  const found = domains.get(id);
  const named = (positions: readonly number[]) => positions.map((position) => volumeName(id, position));
  const defined = (found?.disks ?? []).flatMap(({ source }) =>
    source === null ? [] : (positionOf(places, id, source) ?? []),
  );
  switch (desired.wanted) {
    case 'present':
      return found === undefined ? named(desired.domain.disks.map(({ position }) => position)) : [];
    case 'absent':
      return named([...new Set([...desired.positions, ...defined])]);
    default:
      return named(defined);
  }
}

/** One whose definition is not understood is somebody else's, and hides no other. */
function definitionOf(description: DomainDescription): ObservedDomain {
  try {
    return readDomain(description.xml);
  } catch (error) {
    if (error instanceof XmlError) return notUnderstood(description);
    throw error;
  }
}

function notUnderstood({ uuid, name }: Reference): ObservedDomain {
  return {
    ...{ uuid, name, owner: null, generation: null, accelerator: '', memoryKib: 0, vcpus: 0 },
    ...{ disks: [], nics: [], consoleLog: null, onReboot: '' },
    boot: { devices: [], kernel: null, initrd: null, commandLine: '' },
  };
}
