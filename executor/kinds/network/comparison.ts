import type { AddressingSelection, HostView, LinkSelection, NetnsDriver } from '../../drivers/netns/driver.ts';
import type { NetnsViewer } from '../../drivers/netns/viewer.ts';
import { Batcher } from '../batcher.ts';
import type { HostPart, Resource } from '../resource.ts';
import { type Network, type SegmentSpec, wiringType } from './desired.ts';
import { labelled } from './labelled.ts';
import { partOf } from './layout.ts';
import { partsOf } from './parts.ts';
import { plan } from './plan.ts';
import type { ProcessViewer } from './process-viewer.ts';
import type { IsolationView, NetworkStep, ObservedNetwork, ObservedProcesses } from './steps.ts';

type Compared = Required<
  Pick<Resource<Network, ObservedNetwork, NetworkStep>, 'observe' | 'observeAll' | 'plan' | 'removes' | 'labels'>
> &
  Pick<Resource<Network, ObservedNetwork, NetworkStep>, 'observeParts'>;

/** The number of namespaces whose links are held at a time. */
const PART_NAMESPACES = 500;

/** Reads the rules that isolate CINs. */
export interface IsolationViewer {
  view(): Promise<IsolationView>;
}

/** What a comparison reads. */
export interface NetworkViewers {
  readonly driver: Pick<NetnsDriver, 'view'> & Partial<Pick<NetnsViewer, 'names'>>;
  readonly isolation: IsolationViewer;
  /** Absent: this host cannot run processes in containers. */
  readonly processes?: ProcessViewer | undefined;
}

/** The read-only part of the network's resource, which a comparison uses. */
export function networkComparison(given: NetworkViewers, partSize = PART_NAMESPACES): Compared {
  const viewers = { ...given, isolation: new SeldomRead(given.isolation) };
  const views = new Batcher((networks: readonly Network[]) => observe(viewers, networks));
  const { driver } = viewers;
  const { names } = driver;
  return {
    observe: (desired) => views.call(desired),
    async observeAll(desired) {
      const { addressed } = concerned(desired);
      return observed(
        await driver.view('all', undefined, addressed),
        await viewers.isolation.view(isIsolated(desired)),
        await viewProcesses(viewers, desired, true),
      );
    },
    ...(names && {
      observeParts: (desired, everything) =>
        observeParts({ ...viewers, driver: { view: driver.view, names } }, { desired, everything, partSize }),
    }),
    plan,
    removes,
    labels: {
      kinds: ['namespace', 'link', 'isolation', 'process'],
      find: labelled,
    },
  };
}

type Viewers = Pick<NetworkViewers, 'driver' | 'processes'> & { readonly isolation: SeldomRead };

async function viewProcesses(
  { processes }: Pick<NetworkViewers, 'processes'>,
  networks: readonly Network[],
  everything: boolean,
): Promise<ObservedProcesses | null> {
  return processes === undefined ? null : processes.view(networks, everything);
}

const NOTHING: IsolationView = { intact: true, owners: new Map() };

/**
 * The rules are read by another program: only for CINs, at the first time, since an earlier process may have left some,
 * and as long as there are any.
 */
class SeldomRead {
  readonly #viewer: IsolationViewer;
  #mayExist = true;

  constructor(viewer: IsolationViewer) {
    this.#viewer = viewer;
  }

  async view(isWanted: boolean): Promise<IsolationView> {
    if (!isWanted && !this.#mayExist) return NOTHING;
    const found = await this.#viewer.view();
    this.#mayExist = !found.intact || found.owners.size > 0;
    return found;
  }
}

function isIsolated(networks: readonly Network[]): boolean {
  return networks.some(({ isolations }) => isolations.length > 0);
}

function removes(step: NetworkStep): boolean {
  switch (step.name) {
    case 'namespace.delete':
    case 'links.delete':
    case 'links.replace':
    case 'process.remove':
      return true;
    case 'addresses.change':
      return step.changes.some(
        (change) => 'remove' in change || ('defaultRoute' in change && 'remove' in change.defaultRoute),
      );
    case 'isolation.change':
      return !step.isolation.present;
    default:
      return false;
  }
}

interface WhatToObserve {
  readonly desired: readonly Network[];
  readonly everything: boolean;
  readonly partSize: number;
}

/** The host's own links, all of whose labels are searched for, come last. */
async function* observeParts(
  viewers: Viewers & { readonly driver: Pick<NetnsViewer, 'view' | 'names'> },
  { desired, everything, partSize }: WhatToObserve,
): AsyncGenerator<HostPart<ObservedNetwork>> {
  const { driver } = viewers;
  const seen = new Set<string>();
  for (const { which, namespaces } of partsOf(desired, everything ? await driver.names() : [], partSize)) {
    const networks = which.flatMap((place) => desired[place] ?? []);
    const part = await observe(viewers, networks, [...namespaces]);
    const fresh = new Map([...part.namespaces].filter(([name]) => !seen.has(name)));
    for (const name of fresh.keys()) seen.add(name);
    yield { which, observed: part, fresh: { ...part, host: [], namespaces: fresh, processes: null } };
  }
  if (!everything) return;
  const host = observed(
    await driver.view([]),
    await viewers.isolation.view(isIsolated(desired)),
    await viewProcesses(viewers, [], true),
  );
  yield { which: [], observed: host, fresh: host };
}

/** Reads what the plans of these networks need. */
async function observe(
  viewers: Viewers,
  networks: readonly Network[],
  alsoNamespaces: readonly string[] = [],
): Promise<ObservedNetwork> {
  const { driver, isolation } = viewers;
  const { namespaces, links, addressed } = concerned(networks);
  const view = await driver.view([...new Set([...namespaces, ...alsoNamespaces])], links, addressed);
  const rules = isIsolated(networks) ? await isolation.view(true) : null;
  return observed(view, rules, await viewProcesses(viewers, networks, false));
}

function observed(
  { links, namespaces, addressing }: HostView,
  isolation: IsolationView | null,
  processes: ObservedProcesses | null,
): ObservedNetwork {
  return {
    host: links,
    namespaces: new Map(namespaces.map((namespace) => [namespace.name, namespace])),
    ...{ addressing, isolation, processes },
  };
}

/** All that the plans of these networks need to read of a host. */
function concerned(networks: readonly Network[]): {
  readonly namespaces: string[];
  readonly links: LinkSelection;
  readonly addressed: AddressingSelection;
} {
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
    addressed: {
      namespaces: networks.flatMap((network) =>
        network.namespaces.flatMap(({ name, addressing }) => (addressing === undefined ? [] : [name])),
      ),
      host: segments.some(({ cin }) => cin !== undefined),
    },
  };
}

/** Names that the links of a segment are to have on the host: another link with such a name is in the way. */
function hostNames(segment: SegmentSpec): string[] {
  const { cin, linkName, members } = segment;
  const uplink = cin?.uplink ?? null;
  const joined = uplink === null ? [] : [uplink.bridge, ...uplink.ends];
  const own = cin === undefined ? [] : [linkName];
  if (wiringType(segment) !== 'bridge') return own;
  return [linkName, ...members.map(({ outside }) => outside), ...joined];
}
