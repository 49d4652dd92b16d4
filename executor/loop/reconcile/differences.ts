import { Problem, type ProblemDetails } from '../../../schema/problem.ts';
import type { Changed, IdleRows, Labelled, ResourceDefinition } from '../../../schema/resources/definition.ts';
import type { ScanRows } from '../../../schema/store/idle.ts';
import type { Repair } from '../../../schema/store/repairs.ts';
import type { HostPart, Resource, Step } from '../../kinds/resource.ts';
import type { Spec } from '../../kinds/spec.ts';

/*
 * Comparisons of idle resources with the host. Their results are plain data, which is small on a host without drift:
 * they may come from another thread.
 */

/** An idle resource that differs from the host. */
export interface Difference extends Repair {
  /** Names that the host's events use for the resource. */
  readonly eventNames: readonly string[];
  /** The first steps of a repair. */
  readonly steps: readonly Step[];
  /** The reason why a repair is not possible. */
  readonly problem: ProblemDetails | null;
  /** Whether the repair removes something. */
  readonly removes: boolean;
}

/** The number of objects with labels of one kind, and those of them that are orphans. */
export interface Orphans {
  readonly labelled: number;
  readonly orphans: readonly Labelled[];
}

export interface Comparison {
  readonly differences: readonly Difference[];
  /** The resources among those that events named which an operation is changing now. */
  readonly busy: readonly string[];
  /** Null: not the whole host was observed, or the kind does not use labels. */
  readonly orphans: Orphans | null;
}

/** Compares the idle resources of one kind with the host: all of them, or those that events named. */
export type Compare = (changed: Changed) => Promise<Comparison>;

/** A resource that no operation is changing, with its desired state: one side of the comparison. */
export interface IdleResource<Desired> extends Omit<IdleRows<unknown>, 'rows'> {
  readonly desired: Desired;
  /** Whether its rows agree with the observed host. */
  isUpToDate?(observed: unknown): boolean;
}

export interface IdleResources<Desired> {
  readonly idle: readonly IdleResource<Desired>[];
  /** The sequence of the last operation when the rows were read. */
  readonly since: number;
  readonly busy: readonly string[];
}

/** The members of a kind that a comparison needs. */
export interface Comparable<Idle = unknown, Desired = unknown, Observed = unknown, SomeStep extends Step = Step> {
  readonly definition: Pick<ResourceDefinition, 'name' | 'repair'>;
  readonly spec: Pick<Spec<never, Idle, Desired, never, unknown>, 'desired' | 'isRepaired' | 'isUpToDate'>;
  readonly resource: Pick<
    Resource<Desired, Observed, SomeStep>,
    'observe' | 'observeAll' | 'observeParts' | 'plan' | 'removes' | 'labels'
  >;
}

/**
 * Compares in the calling thread. Rows are read before the host: a resource that an operation changes after that
 * differs from its row, but when its repair is to be filed the operation is unfinished, or the generation is another
 * one. If rows were read after the host, each operation that ends in between would cause a false difference.
 *
 * `prefix`: of the labels that are searched for.
 */
export function comparing<Idle, Desired, Observed, SomeStep extends Step>(
  kind: Comparable<Idle, Desired, Observed, SomeStep>,
  rows: ScanRows,
  prefix: string,
): Compare {
  const { resource } = kind;
  return async (changed) => {
    const { idle, busy, since } = await loadIdle(kind, rows, changed);
    const found: Difference[] = [];
    const labelled: Labelled[] = [];
    const labels = changed === 'all' && isSeenWhole(resource) ? resource.labels : undefined;
    for await (const { which, observed, fresh } of parts(kind, idle, changed)) {
      found.push(...differences(kind, { idle, since }, which, observed));
      if (labels) labelled.push(...labels.find(fresh, prefix));
    }
    if (!labels) return { differences: found, busy, orphans: null };
    const orphans = await rows.findOrphans(labelled, new Set(idle.flatMap(({ owners }) => owners ?? [])));
    return { differences: found, busy, orphans: { labelled: labelled.length, orphans } };
  };
}

/**
 * The resources of a kind that no unfinished operation changes, with their desired state: all of them, or those that
 * the host's events named.
 */
export async function loadIdle<Idle, Desired>(
  { definition, spec }: Pick<Comparable<Idle, Desired>, 'definition' | 'spec'>,
  rows: Pick<ScanRows, 'loadIdle'>,
  changed: Changed,
): Promise<IdleResources<Desired>> {
  const idle: IdleResource<Desired>[] = [];
  const busy: string[] = [];
  let since = Number.POSITIVE_INFINITY;
  if (spec.isRepaired === false) return { idle, busy, since };
  for await (const page of rows.loadIdle(definition.name, changed)) {
    for (const { rows: own, ...each } of page.idle) {
      const resource = { ...each, desired: spec.desired(own as Idle) };
      // Of thousands of resources the rows are kept only where they are compared again.
      if (spec.isUpToDate === undefined) idle.push(resource);
      else
        idle.push({ ...resource, isUpToDate: (observed) => spec.isUpToDate?.(own as Idle, observed as never) ?? true });
    }
    busy.push(...page.busy);
    since = Math.min(since, page.since);
  }
  return { idle, busy, since };
}

function isSeenWhole({ observeAll, observeParts }: Pick<Comparable['resource'], 'observeAll' | 'observeParts'>) {
  return observeAll !== undefined || observeParts !== undefined;
}

function parts<Desired, Observed, SomeStep extends Step>(
  { resource }: Pick<Comparable<unknown, Desired, Observed, SomeStep>, 'resource'>,
  idle: readonly IdleResource<Desired>[],
  changed: Changed,
): AsyncIterable<HostPart<Observed>> {
  const desired = idle.map((each) => each.desired);
  const isWhole = changed === 'all';
  if (resource.observeParts) return resource.observeParts(desired, isWhole);
  return isWhole && resource.observeAll ? onePart(resource.observeAll(desired), desired) : eachPart(resource, desired);
}

async function* onePart<Observed>(
  host: Promise<Observed>,
  desired: readonly unknown[],
): AsyncGenerator<HostPart<Observed>> {
  const observed = await host;
  yield { which: [...desired.keys()], observed, fresh: observed };
}

/** All are requested at once: a resource combines concurrent observations into one. */
async function* eachPart<Desired, Observed, SomeStep extends Step>(
  resource: Pick<Resource<Desired, Observed, SomeStep>, 'observe'>,
  desired: readonly Desired[],
): AsyncGenerator<HostPart<Observed>> {
  const seen = await Promise.all(desired.map((each) => resource.observe(each)));
  for (const [place, observed] of seen.entries()) yield { which: [place], observed, fresh: observed };
}

function differences<Desired, Observed, SomeStep extends Step>(
  kind: Pick<Comparable<unknown, Desired, Observed, SomeStep>, 'definition' | 'resource'>,
  { idle, since }: Pick<IdleResources<Desired>, 'idle' | 'since'>,
  which: readonly number[],
  observed: Observed,
): Difference[] {
  return which.flatMap((index) => {
    const each = idle[index];
    return each === undefined ? [] : (difference(kind, each, since, observed) ?? []);
  });
}

function difference<Desired, Observed, SomeStep extends Step>(
  { definition, resource }: Pick<Comparable<unknown, Desired, Observed, SomeStep>, 'definition' | 'resource'>,
  idle: IdleResource<Desired>,
  since: number,
  observed: Observed,
): Difference | null {
  const { desired, subject, generation, subjects, eventNames } = idle;
  const { steps, problem } = plan(resource, desired, observed);
  if (steps.length === 0 && problem === null && (idle.isUpToDate?.(observed) ?? true)) return null;
  return {
    ...{ subject, generation, since, subjects, eventNames, problem },
    repairKind: definition.repair(subject),
    steps: steps.map(({ name, item }) => ({ name, item })),
    removes: steps.some((step) => resource.removes?.(step) ?? false),
  };
}

/** A foreign object in the way is a difference, too: the repair then reports it. */
function plan<Desired, Observed, SomeStep extends Step>(
  resource: Pick<Resource<Desired, Observed, SomeStep>, 'plan'>,
  desired: Desired,
  observed: Observed,
): { steps: readonly SomeStep[]; problem: ProblemDetails | null } {
  try {
    return { steps: resource.plan(desired, observed), problem: null };
  } catch (error) {
    if (error instanceof Problem) return { steps: [], problem: error.toJSON() };
    throw error;
  }
}
