import { availableParallelism } from 'node:os';
import type { Changed } from '../../../schema/resources/definition.ts';
import type { HostChange, NamespaceRequest, NetnsDriver, VethEnd } from '../../drivers/netns/driver.ts';
import type { HostChanges } from '../../peers/netns.ts';
import { Batcher } from '../batcher.ts';
import { inLanes } from '../lanes.ts';
import type { Resource } from '../resource.ts';
import { type IsolationViewer, networkComparison } from './comparison.ts';
import type { IsolationSpec, Network } from './desired.ts';
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
  return {
    ...networkComparison(drivers),
    // The kernel waits a grace period for each deletion of links: those of concurrent operations share one.
    apply(step, isUnwanted) {
      if (isProcessStep(step)) return accessOf(drivers).apply(step, isUnwanted);
      const isShared = step.name === 'links.delete' && step.namespace === null;
      return isShared ? deletions.call(step.aliases) : apply(drivers, step);
    },
    batches: {
      names: together,
      async apply(steps) {
        const [first] = steps;
        if (first) await apply(drivers, first, steps);
      },
    },
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
function apply(drivers: NetworkDrivers, step: NetworkStep, steps: readonly NetworkStep[] = [step]): Promise<void> {
  const { driver, isolation } = drivers;
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
      return driver.addressAll(taken(steps, step.name).map(({ namespace, changes }) => ({ namespace, changes })));
    case 'isolation.change':
      return isolation.apply(isolationRequest(step.isolation));
    default:
      return applyAll(accessOf(drivers), steps);
  }
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

async function applyAll(processes: ProcessAccess, steps: readonly NetworkStep[]): Promise<void> {
  const own = steps.filter(isProcessStep);
  const areStarts = own[0]?.name === 'process.start';
  const together = areStarts ? STARTS_A_PROCESSOR * availableParallelism() : own.length;
  await inLanes(own, together, (step) => processes.apply(step));
}

function isolationRequest({ label, present, bridges, gateway, forwarding }: IsolationSpec): IsolationRequest {
  return { owner: label, forwarding, ...(present ? { bridges, gateway } : { bridges: [], gateway: null }) };
}

function vethEnd({ bridge, ...end }: NewVethEnd): VethEnd {
  return bridge === null ? end : { ...end, bridge };
}
