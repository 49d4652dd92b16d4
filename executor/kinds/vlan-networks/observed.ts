import type { ForeignNetwork } from '../../../schema/resources/vlan-networks/foreign-note.ts';
import type { SeenNetwork } from '../../../schema/resources/vlan-networks/rows.ts';
import type { NetworkDescription } from '../../drivers/libvirt/driver.ts';
import { XmlError } from '../../drivers/xml/error.ts';
import type { Readiness } from '../../peers/compute-daemons.ts';
import { type ObservedNetwork, readNetwork } from './xml.ts';

/** A network of the host's libvirt: its definition, and what libvirt says of it. */
export interface HostNetwork extends ObservedNetwork {
  readonly isActive: boolean;
  readonly isPersistent: boolean;
  readonly isAutostarted: boolean;
}

/** The state of the host that the plan uses. */
export interface ObservedNetworks {
  /** Unless it is ready, networks have not been read. */
  readonly libvirt: Readiness;
  readonly ovs: Readiness;
  /** All that libvirt has, also those of others. */
  readonly networks: readonly HostNetwork[];
  /** Of Open vSwitch, by name; null: it does not answer. */
  readonly bridges: ReadonlySet<string> | null;
}

export function hostNetwork(description: NetworkDescription): HostNetwork {
  const { active, persistent, autostart, bridge } = description;
  const read = definitionOf(description);
  // A network that libvirt forwards itself has a bridge of libvirt's.
  return {
    ...read,
    bridge: read.bridge ?? bridge,
    isActive: active,
    isPersistent: persistent,
    isAutostarted: autostart,
  };
}

/** One whose definition is not understood is somebody else's, and hides no other. */
function definitionOf({ uuid, name, xml }: NetworkDescription): ObservedNetwork {
  try {
    return readNetwork(xml);
  } catch (error) {
    if (!(error instanceof XmlError)) throw error;
    const unknown = { owner: null, generation: null, forward: null, bridge: null, virtualPort: null, vlan: null };
    return { uuid, name, ...unknown };
  }
}

/** What is reported of a network. */
export function seenOf({ uuid, isActive, isAutostarted, isPersistent }: HostNetwork): SeenNetwork {
  return { uuid, state: isActive ? 'active' : 'inactive', autostart: isAutostarted, persistent: isPersistent };
}

export function foreignOf(network: HostNetwork): ForeignNetwork {
  const { name, bridge, vlan } = network;
  return { ...seenOf(network), name, bridge, vlan };
}
