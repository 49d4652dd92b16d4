import type { LibvirtPeer } from '../../peers/libvirt.ts';
import type { OvsPeer } from '../../peers/ovs.ts';
import { readNetwork } from '../vlan-networks/xml.ts';
import type { DomainNetwork } from './observed.ts';

/** The kernel computes checksums that a guest has left to its NIC; Open vSwitch's own datapath forwards them unfinished. */
const USERSPACE_DATAPATH = 'netdev';

export interface NetworksAccess {
  readonly libvirt: Pick<LibvirtPeer, 'driver'>;
  readonly ovs: Pick<OvsPeer, 'driver' | 'health'> | undefined;
}

/** The networks of libvirt, by name, as far as domains on them are concerned. */
export async function readNetworks({ libvirt, ovs }: NetworksAccess): Promise<ReadonlyMap<string, DomainNetwork>> {
  const [networks, datapaths] = await Promise.all([libvirt.driver.networks.list(), readDatapaths(ovs)]);
  return new Map(
    networks.map(({ name, active, xml }) => [
      name,
      { isActive: active, checksumOffload: offloadOn(switchOf(xml), datapaths) },
    ]),
  );
}

/** The bridge of Open vSwitch that a network is on; null: it is on none. One that is not understood is on none of ours. */
function switchOf(xml: string): string | null {
  try {
    const { virtualPort, bridge } = readNetwork(xml);
    return virtualPort === 'openvswitch' ? bridge : null;
  } catch {
    return null;
  }
}

function offloadOn(bridge: string | null, datapaths: ReadonlyMap<string, string> | null): boolean | null {
  if (bridge === null) return true;
  const datapath = datapaths?.get(bridge);
  return datapath === undefined ? null : datapath !== USERSPACE_DATAPATH;
}

/** By bridge; null while Open vSwitch does not answer. */
async function readDatapaths(ovs: NetworksAccess['ovs']): Promise<ReadonlyMap<string, string> | null> {
  if (ovs?.health().available !== true) return null;
  try {
    return new Map((await ovs.driver.view()).bridges.map(({ name, datapath }) => [name, datapath]));
  } catch (error) {
    if (Reflect.get(Object(error), 'transient') === true) return null;
    throw error;
  }
}
