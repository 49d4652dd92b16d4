import { Problem } from '../../schema/problem.ts';
import type { Resource, Step } from '../resources/resource.ts';

export interface ConvergeHooks {
  /** Before each step on the host; throws to stop. What has no step left is done, whoever wants it to stop by then. */
  readonly check: () => void;
  /** Items that still have steps before them. */
  readonly remaining: (items: number, step: string) => void;
}

/** Enough for: label what a killed executor left unlabelled, delete what lost its half, make it again, read back. */
const ROUNDS_MAX = 8;

/**
 * Observes, plans and applies until the host reads back as desired, and answers how it read: whoever calls it again after a kill ends in the
 * same place. What a step throws goes to the caller, with the step's name where it has none.
 */
export async function converge<Desired, Observed, SomeStep extends Step>(
  resource: Resource<Desired, Observed, SomeStep>,
  desired: Desired,
  { check, remaining }: ConvergeHooks,
): Promise<Observed> {
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const observed = await resource.observe(desired);
    const steps = resource.plan(desired, observed);
    if (steps.length === 0) return observed;
    const items = itemsFrom(steps);
    for (const [index, step] of steps.entries()) {
      check();
      remaining(items[index] ?? 0, step.name);
      await resource.apply(step).catch((cause: unknown) => {
        throw new StepFailed(step.name, cause);
      });
    }
  }
  throw new Problem('conflict', 'The host did not become what was asked for: something else keeps changing it', {
    hint: 'Look for another program that manages the same links and namespaces',
  });
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
