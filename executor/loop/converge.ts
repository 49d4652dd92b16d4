import { Problem } from '../../schema/problem.ts';
import type { HostAccess, Resource, Step } from '../kinds/resource.ts';
import { waitForOthers } from './for-others.ts';

export interface ConvergeHooks {
  /**
   * Called before each step on the host, or batch of steps; throws to stop. An operation without remaining steps ends
   * even if it should stop.
   */
  readonly check: () => void;
  /** The number of items with remaining steps. */
  readonly remaining: (items: number, step: string) => void;
  /** For steps that take long: see {@link HostAccess.apply}. */
  readonly isUnwanted?: () => boolean;
}

/**
 * Enough rounds to label what a killed executor left unlabelled, delete links that lost their other end, create them
 * again, and read back.
 */
const ROUNDS_MAX = 8;

/** Between two batches an operation can be cancelled, reports its progress, and lets other operations use the host. */
const BATCH_LONGEST = 64;

/**
 * Observes, plans and applies until the host reads back as desired, and returns what was read. Called again after a
 * kill, it reaches the same state. Errors of a step are thrown to the caller, with the step's name if they have none.
 */
export async function converge<Desired, Observed, SomeStep extends Step>(
  resource: Resource<Desired, Observed, SomeStep>,
  desired: Desired,
  { check, remaining, isUnwanted }: ConvergeHooks,
): Promise<Observed> {
  const host = resource.beginAttempt?.() ?? resource;
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const observed = await host.observe(desired);
    await waitForOthers();
    const steps = resource.plan(desired, observed);
    if (steps.length === 0) return observed;
    const items = itemsFrom(steps);
    let index = 0;
    for (const batch of batchesOf(steps, host.batches?.names)) {
      const [first] = batch;
      check();
      remaining(items[index] ?? 0, first.name);
      await take(host, batch, isUnwanted).catch((cause: unknown) => {
        throw new StepFailed(first.name, cause);
      });
      index += batch.length;
    }
  }
  throw new Problem('conflict', 'The host did not converge: something else keeps changing it', {
    hint: 'Look for another program that manages the same resources of the host',
  });
}

type Batch<SomeStep> = readonly [SomeStep, ...SomeStep[]];

/** Consecutive steps with one of the names form a batch; any other step is a batch of its own. */
function batchesOf<SomeStep extends Step>(
  steps: readonly SomeStep[],
  together: ReadonlySet<string> | undefined,
): Batch<SomeStep>[] {
  const batches: [SomeStep, ...SomeStep[]][] = [];
  for (const step of steps) {
    const last = batches.at(-1);
    const joins = last?.[0].name === step.name && last.length < BATCH_LONGEST && together?.has(step.name);
    if (last && joins) last.push(step);
    else batches.push([step]);
  }
  return batches;
}

function take<SomeStep extends Step>(
  host: Pick<HostAccess<never, unknown, SomeStep>, 'apply' | 'batches'>,
  batch: Batch<SomeStep>,
  isUnwanted: (() => boolean) | undefined,
): Promise<void> {
  const { batches } = host;
  return batch.length === 1 || !batches ? host.apply(batch[0], isUnwanted) : batches.apply(batch);
}

/** For each step, the number of items of this and the later steps. */
function itemsFrom(steps: readonly Step[]): number[] {
  const items = new Set<string>();
  const counts = steps.toReversed().map(({ item }) => {
    if (item !== null) items.add(item);
    return items.size;
  });
  return counts.toReversed();
}

/** A step that failed on the host; `cause` is the driver's error. */
export class StepFailed extends Error {
  override readonly name = 'StepFailed';
  readonly step: string;

  constructor(step: string, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.step = step;
  }
}
