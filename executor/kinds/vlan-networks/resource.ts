import type { LibvirtPeer } from '../../peers/libvirt.ts';
import type { OvsPeer } from '../../peers/ovs.ts';
import { TechnologyAway } from '../health.ts';
import type { Resource } from '../resource.ts';
import type { ForeignNetworks } from './foreign.ts';
import { type HostNetwork, hostNetwork, type ObservedNetworks } from './observed.ts';
import { type DesiredNetwork, type NetworkStep, plan } from './plan.ts';
import { networkXml } from './xml.ts';

/** What the networks stand on; without Open vSwitch none can be defined. */
export interface NetworksAccess {
  readonly libvirt: Pick<LibvirtPeer, 'driver' | 'readiness' | 'ensureReady' | 'subscribe'>;
  readonly ovs: Pick<OvsPeer, 'driver' | 'readiness' | 'ensureReady' | 'health'> | undefined;
}

export type VlanNetworksResource = Resource<DesiredNetwork, ObservedNetworks, NetworkStep>;

export async function listNetworks({ libvirt }: Pick<NetworksAccess, 'libvirt'>): Promise<HostNetwork[]> {
  return (await libvirt.driver.networks.list()).map(hostNetwork);
}

/** Networks of libvirt on bridges of Open vSwitch. */
export function vlanNetworksResource(access: NetworksAccess, foreign: ForeignNetworks): VlanNetworksResource {
  const { libvirt, ovs } = access;

  async function observe(desired: readonly DesiredNetwork[]): Promise<ObservedNetworks> {
    foreign.exclude(desired.flatMap((each) => uuidOf(each) ?? []));
    const [readiness, ovsReadiness] = [libvirt.readiness(), ovs?.readiness() ?? 'ready'];
    const nothing = { libvirt: readiness, ovs: ovsReadiness, networks: [], bridges: null };
    if (readiness !== 'ready') return nothing;
    const found = await listNetworks(access);
    foreign.see(found);
    return { ...nothing, networks: found, bridges: await readBridges(ovs) };
  }

  return {
    observe: (desired) => observe([desired]),
    observeAll: observe,
    plan,
    apply: (step) => takeStep(step, access),
    removes: ({ name }) => name === 'network.undefine',
    watch: (changed) =>
      libvirt.subscribe((event) => {
        if (event.kind === 'network') changed([event.uuid, event.name]);
        else if (event.kind === 'everything') changed('all');
      }),
  };
}

export async function takeStep(step: NetworkStep, { libvirt, ovs }: NetworksAccess): Promise<void> {
  const { networks } = libvirt.driver;
  switch (step.name) {
    case 'libvirt.setup':
      return libvirt.ensureReady();
    case 'ovs.setup':
      return ovs?.ensureReady();
    case 'network.define':
      requireOvs(ovs);
      return networks.define(step.model, networkXml(step.model));
    case 'network.start':
      return networks.start(referenceOf(step));
    case 'network.autostart':
      return networks.setAutostart(referenceOf(step), true);
    case 'network.destroy':
      return networks.destroy(referenceOf(step));
    case 'network.undefine':
      return networks.undefine(referenceOf(step));
  }
}

function uuidOf(desired: DesiredNetwork): string | null {
  return desired.wanted === 'present' ? desired.model.uuid : desired.uuid;
}

function referenceOf({ item, uuid }: { readonly item: string; readonly uuid: string }) {
  return { name: item, uuid };
}

/** Null while it does not answer: then it is not known which there are. */
async function readBridges(ovs: NetworksAccess['ovs']): Promise<ReadonlySet<string> | null> {
  if (ovs === undefined) return new Set();
  if (ovs.readiness() !== 'ready' || !ovs.health().available) return null;
  try {
    return new Set((await ovs.driver.view()).bridges.map(({ name }) => name));
  } catch (error) {
    if (Reflect.get(Object(error), 'transient') === true) return null;
    throw error;
  }
}

/** Whether there is a bridge has to be known before a network is defined. */
function requireOvs(ovs: NetworksAccess['ovs']): void {
  const health = ovs?.health();
  if (health?.available === false) throw new TechnologyAway(health.reason);
}
