import { isRestarted, restartTime } from '../../../schema/resources/network/process.ts';
import type { ProcessView } from '../../drivers/oci/runtime/driver.ts';
import type { ProcessSpec, RunSpec, StopSpec } from './desired.ts';
import { imageOf, seenOf } from './processes.ts';
import type { NetworkStep, ObservedNetwork, ObservedProcesses } from './steps.ts';

const AT_ONCE: StopSpec = { signal: 'KILL', graceMs: 0 };

/** Ends processes: before anything of the network that they use is removed. */
export function planEnds(spec: ProcessSpec, { processes }: ObservedNetwork): NetworkStep[] {
  if (processes === null) return [];
  const { owner, container, run } = spec;
  const view = processes.views.get(owner);
  if (run === null) {
    const isThere = view !== undefined || processes.layers.has(owner);
    return isThere ? [{ name: 'process.remove', item: container, owner }] : [];
  }
  if (view?.phase !== 'running') return [];
  if (run.process.wanted === 'stopped') return [{ name: 'process.stop', item: container, owner, stop: run.stop }];
  // It keeps the namespace that was deleted, with interfaces in it that are to be made in the new one.
  return view.detached ? [{ name: 'process.stop', item: container, owner, stop: AT_ONCE }] : [];
}

/** Starts processes: after all of the network that they are to find. */
export function planStarts(spec: ProcessSpec, observed: ObservedNetwork): NetworkStep[] {
  const { processes } = observed;
  const { owner, container, run } = spec;
  if (processes === null || run === null || run.process.wanted === 'stopped') return [];
  const view = processes.views.get(owner);
  if (view?.phase === 'running' && !isReplaced(run, view)) return planRunning(spec, run, view);
  if (view?.phase !== 'running' && !isDue(run, view, processes.nowMs)) return [];
  // The repair of the network that lacks an interface starts it.
  if (!hasInterfaces(spec, run, observed)) return [];
  const isAsked = view?.phase === 'running' && !view.detached;
  return [
    ...planNeeds(run, processes),
    ...(isAsked ? [{ name: 'process.stop' as const, item: container, owner, stop: run.stop }] : []),
    { name: 'process.start', item: container, process: spec, run },
  ];
}

function planRunning(
  { owner, container }: ProcessSpec,
  { process, limits }: RunSpec,
  view: ProcessView,
): NetworkStep[] {
  const hasLimits = view.limits.memory === limits.memory && view.limits.cpus === limits.cpus;
  return [
    ...(view.number >= process.asked
      ? []
      : [{ name: 'process.keep' as const, item: container, owner, number: process.asked }]),
    ...(hasLimits ? [] : [{ name: 'process.limit' as const, item: container, owner, limits }]),
  ];
}

/** What runs is not what is wanted, or not where its network is. */
function isReplaced({ process }: RunSpec, view: ProcessView): boolean {
  return view.number < process.changed || view.detached;
}

/** Whether one that does not run is to be started now. */
function isDue({ process, isFirst }: RunSpec, view: ProcessView | undefined, nowMs: number): boolean {
  if (view === undefined) return isFirst || isRestarted(process, null);
  // What was stopped for a change that was then undone is to run again, whatever its policy.
  if (view.number < process.asked || view.stopped === true) return true;
  const seen = seenOf(view);
  return isRestarted(process, seen.exit_code) && restartTime(seen) <= nowMs;
}

function hasInterfaces({ container }: ProcessSpec, { interfaces }: RunSpec, { namespaces }: ObservedNetwork): boolean {
  const links = namespaces.get(container)?.links ?? [];
  return interfaces.every((end) => links.some(({ alias }) => alias?.startsWith(`${end} `) === true));
}

/** The programs, and the image. */
function planNeeds({ process, images: settings }: RunSpec, { isInstalled, images }: ObservedProcesses): NetworkStep[] {
  const image = imageOf(process);
  return [
    ...(isInstalled ? [] : [{ name: 'containers.install' as const, item: null }]),
    ...(images === null || images.has(image) ? [] : [{ name: 'image.pull' as const, item: null, image, settings }]),
  ];
}
