import { availableParallelism } from 'node:os';
import type { Changed } from '../../../schema/resources/definition.ts';
import type {
  AddressChange,
  AddressRequest,
  HostChange,
  NamespaceRequest,
  NetnsDriver,
  VethEnd,
} from '../../drivers/netns/driver.ts';
import type { HostChanges } from '../../peers/netns.ts';
import { Batcher } from '../batcher.ts';
import { inLanes } from '../lanes.ts';
import type { HostAccess, Resource } from '../resource.ts';
import { type IsolationViewer, networkComparison } from './comparison.ts';
import type { IsolationSpec, Network } from './desired.ts';
import { labelOf, NewSegments } from './new-segments.ts';
import type { ProcessViewer } from './process-viewer.ts';
import type { ProcessWatch } from './process-watch.ts';
import { isProcessStep, type NetworkStep, type NewVethEnd, type ObservedNetwork, type ProcessStep } from './steps.ts';

/** What an owner's rule is to consist of; without bridges and a gateway it is removed. */
export interface IsolationRequest extends Pick<IsolationSpec, 'bridges' | 'gateway' | 'forwarding'> {
  readonly owner: string;
}

export interface NetworkDrivers {
  readonly driver: NetnsDriver;
  readonly isolation: IsolationViewer & { apply(request: IsolationRequest): Promise<void> };
  /** Absent: this host cannot run processes in containers. */
  readonly processes?: (ProcessViewer & ProcessAccess) | undefined;
}

/** Takes the steps on processes of containers. */
export interface ProcessAccess {
  /** See {@link Resource.apply}. */
  apply(step: ProcessStep, isUnwanted?: () => boolean): Promise<void>;
}

/** Containers, the Ethernet segments between them and their addresses, by the netns driver and the packet filter. */
export function networkResource(
  drivers: NetworkDrivers,
  changes?: HostChanges,
  due?: Pick<ProcessWatch, 'subscribe'>,
): Resource<Network, ObservedNetwork, NetworkStep> {
  const { driver } = drivers;
  const deletions = new Batcher(async (aliases: readonly (readonly string[])[]) =>
    driver.deleteLinks({ namespace: null, aliases: aliases.flat() }),
  );
  const comparison = networkComparison(drivers);

  function beginAttempt(): HostAccess<Network, ObservedNetwork, NetworkStep> {
    const segments = new NewSegments();
    const take = async ([first, ...more]: readonly NetworkStep[], isUnwanted?: () => boolean): Promise<void> => {
      if (first === undefined) return;
      const steps = [first, ...more];
      // The kernel waits a grace period for each deletion of links: those of concurrent operations share one.
      if (first.name === 'links.delete' && first.namespace === null) await deletions.call(first.aliases);
      else if (isProcessStep(first)) await applyAll(accessOf(drivers), steps.filter(isProcessStep), isUnwanted);
      else await apply(drivers, first, steps, segments);
      for (const step of steps) segments.note(step);
    };
    return {
      observe(desired) {
        segments.want(desired);
        return comparison.observe(desired);
      },
      apply: (step, isUnwanted) => take([step], isUnwanted),
      batches: { names: together, apply: (steps) => take(steps) },
    };
  }

  return {
    ...comparison,
    ...beginAttempt(),
    beginAttempt,
    watch(changed) {
      const ends = [changes?.subscribe((change) => changed(changedBy(change))), due?.subscribe(changed)];
      return () => {
        for (const end of ends) end?.();
      };
    },
  };
}

/** A label names the resource that a link belongs to, a namespace's name the container. */
function changedBy({ aliases, namespaces, everything }: HostChange): Changed {
  if (everything) return 'all';
  const resources = aliases.flatMap((alias) => /^weft:[^/]+\/([^ ]+)/.exec(alias)?.[1] ?? []);
  return [...new Set([...resources, ...namespaces])];
}

/** Steps that cost less in a batch: one call to the thread, and many messages at a time to the kernel. */
const together: ReadonlySet<string> = new Set([
  'namespace.create',
  'namespace.delete',
  'veth.create',
  'addresses.change',
  'process.start',
  'process.remove',
]);

function namespaceRequest({
  namespace,
  label,
}: {
  readonly namespace: string;
  readonly label: string;
}): NamespaceRequest {
  return { name: namespace, label };
}

/** All steps of a batch have the same name. */
function taken<Name extends NetworkStep['name']>(
  steps: readonly NetworkStep[],
  name: Name,
): Extract<NetworkStep, { name: Name }>[] {
  return steps.filter((step): step is Extract<NetworkStep, { name: Name }> => step.name === name);
}

/**
 * Every step may be repeated. None has an undo of its own: a change that fails is undone by converging to the state
 * before it.
 */
function apply(
  { driver, isolation }: NetworkDrivers,
  step: Exclude<NetworkStep, ProcessStep>,
  steps: readonly NetworkStep[],
  segments: NewSegments,
): Promise<void> {
  switch (step.name) {
    case 'namespace.create':
      return driver.createNamespaces(taken(steps, step.name).map(namespaceRequest));
    case 'namespace.delete':
      return driver.deleteNamespaces(taken(steps, step.name).map(namespaceRequest));
    case 'bridge.create':
      return driver.createBridge({ name: step.bridge, alias: step.alias, mac: step.mac, up: step.up });
    case 'veth.create':
      return driver.createVeths(
        taken(steps, step.name).map(({ ends: [left, right] }) => ({ ends: [vethEnd(left), vethEnd(right)] })),
      );
    case 'links.enable':
      return driver.enableLinks({ links: step.links });
    case 'link.label':
      return driver.labelLink({ namespace: step.namespace, name: step.link, mac: step.mac, alias: step.alias });
    case 'link.change':
      return driver.changeLink({ namespace: step.namespace, alias: step.alias, ...step.change });
    case 'links.replace':
      return driver.replaceLinks({ replacements: step.replacements });
    case 'links.delete':
      return driver.deleteLinks({ namespace: step.namespace, aliases: step.aliases });
    case 'addresses.change':
      return driver.addressAll(addressRequests(taken(steps, step.name), segments));
    case 'isolation.change':
      return isolation.apply(isolationRequest(step.isolation));
  }
}

function addressRequests(
  steps: readonly Extract<NetworkStep, { name: 'addresses.change' }>[],
  segments: NewSegments,
): AddressRequest[] {
  const labels = segments.labels();
  const requests = steps.map(({ namespace, changes }) => {
    const unannounced = changes.every((change) => !('add' in change) || labels.has(labelOf(change.alias)));
    return { namespace, changes, unannounced };
  });
  const forgotten = requests
    .filter(({ namespace, unannounced }) => namespace !== null && unannounced)
    .flatMap(({ changes }) => changes.flatMap((change) => forgottenBy(change, labels)));
  return forgotten.length === 0 ? requests : [...requests, { namespace: null, changes: forgotten }];
}

/** The host may know the address of a container that is not there any more. */
function forgottenBy(change: AddressChange, labels: ReadonlyMap<string, string | null>): AddressChange[] {
  if (!('add' in change)) return [];
  const bridge = labels.get(labelOf(change.alias)) ?? null;
  return bridge === null ? [] : [{ alias: bridge, forget: change.add.address }];
}

function accessOf({ processes }: NetworkDrivers): ProcessAccess {
  if (processes === undefined) throw new Error('a step on a process was planned on a host without processes');
  return processes;
}

/**
 * Starts at a time for each processor, which they keep busy: with more of them each takes longer, and those that wait read
 * files meanwhile. Other steps wait for signals and grace periods: all at a time.
 */
const STARTS_A_PROCESSOR = 4;

async function applyAll(
  processes: ProcessAccess,
  steps: readonly ProcessStep[],
  isUnwanted?: () => boolean,
): Promise<void> {
  const areStarts = steps[0]?.name === 'process.start';
  const together = areStarts ? STARTS_A_PROCESSOR * availableParallelism() : steps.length;
  await inLanes(steps, together, (step) => processes.apply(step, isUnwanted));
}

function isolationRequest({ label, present, bridges, gateway, forwarding }: IsolationSpec): IsolationRequest {
  return { owner: label, forwarding, ...(present ? { bridges, gateway } : { bridges: [], gateway: null }) };
}

function vethEnd({ bridge, ...end }: NewVethEnd): VethEnd {
  return bridge === null ? end : { ...end, bridge };
}
