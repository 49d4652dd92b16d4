import { Problem } from '../../schema/problem.ts';
import type { HostAccess, Resource, Step } from '../kinds/resource.ts';
import { waitForOthers } from './for-others.ts';

export interface ConvergeHooks {
  /**
   * Before each step on the host, or batch of them; throws to stop. What has no step left is done, whoever wants it to
   * stop by then.
   */
  readonly check: () => void;
  /** Items that still have steps before them. */
  readonly remaining: (items: number, step: string) => void;
}

/** Enough for: label what a killed executor left unlabelled, delete what lost its half, make it again, read back. */
const ROUNDS_MAX = 8;

/** Between two batches an operation can be cancelled, shows its progress, and others have their turn on the host. */
const BATCH_LONGEST = 32;

/**
 * Observes, plans and applies until the host reads back as desired, and answers how it read: whoever calls it again
 * after a kill ends in the same place. What a step throws goes to the caller, with the step's name where it has none.
 */
export async function converge<Desired, Observed, SomeStep extends Step>(
  resource: Resource<Desired, Observed, SomeStep>,
  desired: Desired,
  { check, remaining }: ConvergeHooks,
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
      await take(host, batch).catch((cause: unknown) => {
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

/** Steps in a row that have one of the names go together; any other is a batch of its own. */
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
): Promise<void> {
  const { batches } = host;
  return batch.length === 1 || !batches ? host.apply(batch[0]) : batches.apply(batch);
}

/** For each step, how many items it and those after it are about. */
function itemsFrom(steps: readonly Step[]): number[] {
  const items = new Set<string>();
  const counts = steps.toReversed().map(({ item }) => {
    if (item !== null) items.add(item);
    return items.size;
  });
  return counts.toReversed();
}

/** A step that the host refused; `cause` is what the driver said. */
export class StepFailed extends Error {
  override readonly name = 'StepFailed';
  readonly step: string;

  constructor(step: string, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.step = step;
  }
}
