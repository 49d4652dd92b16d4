import { labelledResource } from '../../../schema/names.ts';
import type { Labelled } from '../../../schema/resources/definition.ts';
import type { LibvirtPeer } from '../../peers/libvirt.ts';
import type { Cleaner } from '../kind.ts';
import type { Resource } from '../resource.ts';
import type { HostNetwork } from './observed.ts';
import { type NetworkStep, planRemoval } from './plan.ts';
import { listNetworks, takeStep } from './resource.ts';

type CleaningResource = Resource<readonly string[], readonly HostNetwork[], NetworkStep>;

/** Finds the networks with a label, by their metadata, and removes them. What is desired are the labels that are to go. */
export function networksCleaner(libvirt: LibvirtPeer): Cleaner<readonly string[]> {
  const list = () => listNetworks({ libvirt });
  const resource: CleaningResource = {
    observe: list,
    observeAll: list,
    plan: (labels, networks) =>
      networks.filter(({ owner }) => owner !== null && labels.includes(owner)).flatMap(planRemoval),
    apply: (step) => takeStep(step, { libvirt, ovs: undefined }),
    labels: { kinds: ['network'], find: labelled },
  };
  return {
    resource,
    without: (own) => own.map(({ label }) => label),
    obstacle() {
      const health = libvirt.driver.health();
      return health.available ? null : `networks of libvirt: ${health.reason}`;
    },
  };
}

function labelled(networks: readonly HostNetwork[], prefix: string): Labelled[] {
  return networks.flatMap(({ name, owner }) => {
    const resource = owner === null ? null : labelledResource(owner, prefix);
    return owner === null || resource === null ? [] : [{ kind: 'network', place: null, name, label: owner, resource }];
  });
}
