import type { HostView, LinkSelection, NetnsDriver } from '../../drivers/netns/driver.ts';
import type { NetnsViewer } from '../../drivers/netns/viewer.ts';
import { Batcher } from '../batcher.ts';
import type { HostPart, Resource } from '../resource.ts';
import { type Network, type SegmentSpec, wiringType } from './desired.ts';
import { labelled } from './labelled.ts';
import { partOf } from './layout.ts';
import { partsOf } from './parts.ts';
import { plan } from './plan.ts';
import type { NetworkStep, ObservedNetwork } from './steps.ts';

type Compared = Required<
  Pick<Resource<Network, ObservedNetwork, NetworkStep>, 'observe' | 'observeAll' | 'plan' | 'removes' | 'labels'>
> &
  Pick<Resource<Network, ObservedNetwork, NetworkStep>, 'observeParts'>;

/** The number of namespaces whose links are held at a time. */
const PART_NAMESPACES = 500;

/** The read-only part of the network's resource, which a comparison uses. */
export function networkComparison(
  driver: Pick<NetnsDriver, 'view'> & Partial<Pick<NetnsViewer, 'names'>>,
  partSize = PART_NAMESPACES,
): Compared {
  const views = new Batcher(async (networks: readonly Network[]) => {
    const { namespaces, links } = concerned(networks);
    return observed(await driver.view(namespaces, links));
  });
  const { names } = driver;
  return {
    observe: (desired) => views.call(desired),
    async observeAll() {
      return observed(await driver.view('all'));
    },
    ...(names && {
      observeParts: (desired, everything) =>
        observeParts({ view: driver.view, names }, { desired, everything, partSize }),
    }),
    plan,
    removes: ({ name }) => name === 'namespace.delete' || name === 'links.delete' || name === 'links.replace',
    labels: { kinds: ['namespace', 'link'], find: labelled },
  };
}

interface WhatToObserve {
  readonly desired: readonly Network[];
  readonly everything: boolean;
  readonly partSize: number;
}

/** The host's own links, all of whose labels are searched for, come last. */
async function* observeParts(
  viewer: Pick<NetnsViewer, 'view' | 'names'>,
  { desired, everything, partSize }: WhatToObserve,
): AsyncGenerator<HostPart<ObservedNetwork>> {
  const seen = new Set<string>();
  for (const { which, namespaces } of partsOf(desired, everything ? await viewer.names() : [], partSize)) {
    const networks = which.flatMap((place) => desired[place] ?? []);
    const part = observed(await viewer.view([...namespaces], concerned(networks).links));
    const fresh = new Map([...part.namespaces].filter(([name]) => !seen.has(name)));
    for (const name of fresh.keys()) seen.add(name);
    yield { which, observed: part, fresh: { host: [], namespaces: fresh } };
  }
  if (!everything) return;
  const host = observed(await viewer.view([]));
  yield { which: [], observed: host, fresh: host };
}

function observed({ links, namespaces }: HostView): ObservedNetwork {
  return { host: links, namespaces: new Map(namespaces.map((namespace) => [namespace.name, namespace])) };
}

/** All that the plans of these networks need to read of a host. */
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

/** Names that the links of a segment are to have on the host: another link with such a name is in the way. */
function hostNames(segment: SegmentSpec): string[] {
  return wiringType(segment) === 'bridge' ? [segment.linkName, ...segment.members.map(({ outside }) => outside)] : [];
}
