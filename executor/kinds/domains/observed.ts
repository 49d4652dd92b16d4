import type { ForeignDomain } from '../../../schema/resources/domains/notes.ts';
import type { DomainDescription, DomainState } from '../../drivers/libvirt/driver.ts';
import type { VolumeDescription } from '../../drivers/libvirt/storage/model.ts';
import type { Readiness } from '../../peers/compute-daemons.ts';
import type { Accelerator } from './xml/model.ts';
import type { ObservedDomain } from './xml/observed.ts';

/** A domain of the host's libvirt: its definition for the next start, and what libvirt says of it. */
export interface HostDomain extends ObservedDomain {
  readonly state: DomainState;
  readonly reason: string;
  readonly isPersistent: boolean;
  readonly isAutostarted: boolean;
  /** Who has asked QEMU to end; null: nobody, or that is not known. */
  readonly requestedBy: 'guest' | 'host' | null;
  /** Whether it was seen running since the host has booted. */
  readonly hasRun: boolean;
}

export interface DomainNetwork {
  readonly isActive: boolean;
  /** Null: not known, since Open vSwitch does not answer. */
  readonly checksumOffload: boolean | null;
}

/** The state of the host that the plan uses. */
export interface ObservedDomains {
  /** Unless it is ready, nothing else has been read. */
  readonly libvirt: Readiness;
  /** By UUID. */
  readonly domains: ReadonlyMap<string, HostDomain>;
  /** Those that were read, by name: the UUID. */
  readonly names: ReadonlyMap<string, string>;
  readonly pool: 'absent' | 'inactive' | 'active';
  /**
   * By name, those that the desired domains need to be known. Of a pool that is not active, files with such a name:
   * null.
   */
  readonly volumes: ReadonlyMap<string, VolumeDescription | null>;
  /** Ids of those desired domains whose serial port has a log. */
  readonly consoles: ReadonlySet<string>;
  /** By name; empty if no desired domain is on one. */
  readonly networks: ReadonlyMap<string, DomainNetwork>;
  /** For new domains. */
  readonly accelerator: Accelerator;
  readonly isHostGoingDown: boolean;
  /** Names of the steps that were taken in this attempt. */
  readonly taken: ReadonlySet<string>;
}

/** What weft itself remembers of a domain. */
export type Remembered = Pick<HostDomain, 'requestedBy' | 'hasRun'>;

export function hostDomain(
  read: ObservedDomain,
  { state, reason, persistent, autostart }: DomainDescription,
  remembered: Remembered,
): HostDomain {
  return { ...read, state, reason, isPersistent: persistent, isAutostarted: autostart, ...remembered };
}

export function foreignOf({ uuid, name, state, memoryKib, vcpus }: HostDomain): ForeignDomain {
  return { uuid, name, state, memory: Math.ceil(memoryKib / 1024), vcpus };
}
