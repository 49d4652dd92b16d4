import type { HostView, LinkSelection, NetnsDriver } from '../../drivers/netns/driver.ts';
import { Gathering } from '../../gathering.ts';
import type { Resource } from '../resource.ts';
import { type Network, type SegmentWish, wiringType } from './desired.ts';
import { labelled } from './labelled.ts';
import { partOf } from './layout.ts';
import { plan } from './plan.ts';
import type { NetworkStep, ObservedNetwork } from './steps.ts';

type Compared = Required<
  Pick<
    Resource<Network, ObservedNetwork, NetworkStep>,
    'observe' | 'observeAll' | 'plan' | 'removes' | 'labels' | 'labelled'
  >
>;

/** The part of the network's resource that changes nothing: what a comparison asks of it. */
export function networkComparison(driver: Pick<NetnsDriver, 'view'>): Compared {
  const views = new Gathering(async (networks: readonly Network[]) => {
    const { namespaces, links } = concerned(networks);
    return observed(await driver.view(namespaces, links));
  });
  return {
    observe: (desired) => views.call(desired),
    async observeAll() {
      return observed(await driver.view('all'));
    },
    plan,
    removes: ({ name }) => name === 'namespace.delete' || name === 'links.delete' || name === 'links.replace',
    labels: ['namespace', 'link'],
    labelled,
  };
}

function observed({ links, namespaces }: HostView): ObservedNetwork {
  return { host: links, namespaces: new Map(namespaces.map((namespace) => [namespace.name, namespace])) };
}

/** All that the plans of these networks ask of a host. */
function concerned(networks: readonly Network[]): { namespaces: string[]; links: LinkSelection } {
  const segments = networks.flatMap((network) => network.segments);
  const names = networks.flatMap(({ namespaces }) => namespaces.map(({ name }) => name));
  const members = segments.flatMap((segment) => [...segment.members, ...(segment.without ?? [])]);
  const parts = segments.map((segment) => ({ segment, part: partOf(segment) }));
  const owners = parts.flatMap(({ segment, part }) => (part === null ? [segment.label] : []));
  return {
    namespaces: [...new Set([...names, ...members.map(({ container }) => container)])],
    links: {
      owners: [...new Set(owners)],
      aliases: parts.flatMap(({ part }) => [...(part?.aliases ?? [])]),
      names: segments.flatMap(hostNames),
    },
  };
}

/** Names on the host that the links of a segment are to have: what else has one is in the way. */
function hostNames(segment: SegmentWish): string[] {
  return wiringType(segment) === 'bridge' ? [segment.linkName, ...segment.members.map(({ outside }) => outside)] : [];
}
