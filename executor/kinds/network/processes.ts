import { parseImageName, repositoryOf } from '../../../schema/images/names.ts';
import { label } from '../../../schema/names.ts';
import type { ClaimedOperation } from '../../../schema/resources/definition.ts';
import type { NamedImage } from '../../../schema/resources/images/record.ts';
import { imageSettingsOf } from '../../../schema/resources/images/rows.ts';
import type { ProcessEnd } from '../../../schema/resources/network/finish.ts';
import type { PoolChange } from '../../../schema/resources/network/pools.ts';
import {
  actedProcess,
  type ContainerProcess,
  LOST,
  type ProcessAction,
  pooledProcess,
  processActions,
  requestedProcess,
  type SeenProcess,
} from '../../../schema/resources/network/process.ts';
import type { ContainerRow, ProcessRow } from '../../../schema/resources/network/rows.ts';
import type { ProcessView } from '../../drivers/oci/runtime/driver.ts';
import { failuresUntil } from '../../drivers/oci/runtime/history.ts';
import type { NamespaceSpec, ProcessSpec, RunSpec, StopSpec } from './desired.ts';
import { insideEndOf } from './layout.ts';
import type { ObservedProcesses } from './steps.ts';

/* The desired processes of containers, from rows. Pure. */

/** In bytes, as everywhere in the API. */
const MEGABYTE = 2 ** 20;
const SECOND_MS = 1_000;

/** As Docker: ten seconds for the signal that the image names. */
const USUAL_STOP: StopSpec = { signal: null, graceMs: 10 * SECOND_MS };

/** An operation, as far as processes depend on it. */
export interface AskedOfProcess extends Pick<ClaimedOperation, 'kind' | 'sequence' | 'request'> {
  readonly pool: PoolChange | null;
}

/** A container on one side of an operation, or of a scan. */
export interface ProcessPlace {
  readonly database: string;
  readonly container: Pick<ContainerRow, 'id' | 'name' | 'process'>;
  /** Its namespace, with its addresses. */
  readonly namespace: NamespaceSpec;
}

/** Before an operation: as the last one that succeeded has left it. */
export function processBefore(place: ProcessPlace): ProcessSpec[] {
  return processOn(place, (row) => {
    if (row.applied === null) return null;
    // What ran before a change that is undone runs again, whatever its policy.
    return runOf(place, row, row.applied, { isFirst: row.seen?.running === true, limits: appliedLimits(row) });
  });
}

/** After an operation, which has the container as a subject. */
export function processAfter(place: ProcessPlace, operation: AskedOfProcess): ProcessSpec[] {
  return processOn(place, (row) => {
    const process = changedProcess(row, place.container.name, operation);
    if (process === null) return null;
    const limits = changedLimits(row, operation);
    return runOf(place, row, process, { isFirst: isFirst(row, process), limits, stop: stopOf(operation) });
  });
}

/** Of a container that no operation is changing. */
export function idleProcess(place: ProcessPlace): ProcessSpec[] {
  return processOn(place, (row) => {
    if (row.wanted === null) return null;
    return runOf(place, row, row.wanted, { isFirst: isFirst(row, row.wanted), limits: limitsOf(row) });
  });
}

function processOn(
  { database, container, namespace }: ProcessPlace,
  run: (row: ProcessRow) => RunSpec | null,
): ProcessSpec[] {
  if (container.process === null) return [];
  const row: ProcessRow = JSON.parse(container.process);
  const spec = { owner: container.id, container: container.name, label: label(database, container.id) };
  return [{ ...spec, run: namespace.present ? run(row) : null }];
}

/** As podman has it: a program that starts itself without end must not take the process ids of the whole host. */
const PIDS_LIMIT = 2048;

function runOf(
  { database, container, namespace }: ProcessPlace,
  row: ProcessRow,
  process: ContainerProcess,
  given: Pick<RunSpec, 'isFirst' | 'limits'> & Partial<Pick<RunSpec, 'stop'>>,
): RunSpec {
  const { addresses = [] } = namespace.addressing ?? {};
  return {
    process,
    seen: row.seen,
    stop: USUAL_STOP,
    ...given,
    interfaces: row.interfaces.map(({ cen, ordinal }) =>
      insideEndOf(label(database, cen), { container: container.name, ordinal }),
    ),
    addresses: addresses.filter(({ present }) => present).map(({ address }) => address),
    images: imageSettingsOf(row.image_settings),
    pidsLimit: Number(row.pids_limit ?? PIDS_LIMIT) || null,
    mountRoots: (row.mount_roots ?? '').split(':').filter((path) => path !== ''),
  };
}

/** It was asked for, and no process was ever seen that was started for that. */
function isFirst({ seen }: ProcessRow, { asked }: ContainerProcess): boolean {
  return seen === null || seen.number < asked;
}

function changedProcess(
  { wanted, applied }: ProcessRow,
  name: string,
  { kind, sequence, request, pool }: AskedOfProcess,
): ContainerProcess | null {
  if (pool !== null) {
    const { type, size, numberOf } = pool;
    return type === null || numberOf(name) > size ? applied : pooledProcess(applied, type, sequence);
  }
  if (kind === 'container.create') return requestedProcess(applied, JSON.parse(request), sequence);
  if (kind === 'container.repair') return wanted;
  const action = actionOf(kind);
  return action === null || applied === null ? applied : actedProcess(applied, action, sequence);
}

function actionOf(kind: string): ProcessAction | null {
  return processActions.find((action) => kind === `container.${action}`) ?? null;
}

function stopOf({ kind, request }: AskedOfProcess): StopSpec {
  if (kind === 'container.kill') return { signal: 'KILL', graceMs: 0 };
  if (kind !== 'container.stop' && kind !== 'container.restart') return USUAL_STOP;
  const { timeout }: { readonly timeout?: number } = JSON.parse(request);
  return timeout === undefined ? USUAL_STOP : { signal: null, graceMs: timeout * SECOND_MS };
}

type Limits = RunSpec['limits'];

function limitsOf({ memory, vcpus }: Pick<ProcessRow, 'memory' | 'vcpus'>): Limits {
  return { memory: memory === null ? null : memory * MEGABYTE, cpus: vcpus };
}

function appliedLimits({ applied_memory, applied_vcpus }: ProcessRow): Limits {
  return limitsOf({ memory: applied_memory, vcpus: applied_vcpus });
}

/** Those that a request does not name stay as they are. */
function changedLimits(row: ProcessRow, { kind, request }: AskedOfProcess): Limits {
  if (kind === 'container.repair') return limitsOf(row);
  if (kind !== 'container.create') return appliedLimits(row);
  const asked: { readonly memory?: number | null; readonly vcpus?: number | null } = JSON.parse(request);
  const { applied_memory: memory, applied_vcpus: vcpus } = row;
  return limitsOf({
    memory: asked.memory === undefined ? memory : asked.memory,
    vcpus: asked.vcpus === undefined ? vcpus : asked.vcpus,
  });
}

/** What rows say of a process that was seen. */
export function seenOf(view: ProcessView): SeenProcess {
  const { number, phase, startedMs, restarts, exit } = view;
  return {
    number,
    running: phase === 'running',
    started: startedMs,
    finished: exit === null ? null : Math.round(exit.finishedMs),
    exit_code: exit?.code ?? null,
    reason: exit?.reason ?? null,
    restarts,
    failures: failuresUntil(view),
  };
}

/** One whose record is gone with a reboot, or by hand. */
function lost({ seen }: RunSpec, { nowMs }: ObservedProcesses): Pick<ProcessEnd, 'seen' | 'state'> {
  if (seen === null || !seen.running) return { state: 'exited' };
  const gone = { running: false, finished: nowMs, exit_code: null, reason: LOST };
  return { seen: { ...seen, ...gone }, state: 'exited' };
}

/** How the image is found: once a layer was made for a container, by the digest that the layer stands on. */
export function imageOf({ image, digest }: ContainerProcess): string {
  return digest === undefined ? image : `${repositoryOf(parseImageName(image))}@${digest}`;
}

/** What is reported of a process at the end of an operation; nothing of one whose state is not known. */
export function processEnd({ owner, run }: ProcessSpec, observed: ObservedProcesses | null): ProcessEnd {
  if (run === null) return { process: null, seen: null };
  const { process } = run;
  if (observed === null) return { process, state: null };
  const view = observed.views.get(owner);
  if (view === undefined) {
    // An interface that it waits for is missing.
    const isToStart = run.isFirst && process.wanted === 'running';
    return isToStart ? { process, state: 'preparing' } : { process, ...lost(run, observed) };
  }
  const { digest } = view;
  const seen = seenOf(view);
  return { process: { ...process, digest }, seen, state: seen.running ? 'running' : 'exited' };
}

/** The images of processes, which an operation may have pulled. */
export function imagesOf(processes: readonly ProcessSpec[], observed: ObservedProcesses | null): NamedImage[] {
  const names = new Set(processes.flatMap(({ run }) => (run === null ? [] : [run.process.image])));
  return [...names].flatMap((name) => {
    const image = observed?.images?.get(name);
    return image === undefined ? [] : [{ name, ...image }];
  });
}
