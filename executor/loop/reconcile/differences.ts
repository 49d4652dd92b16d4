import { Problem } from '../../../schema/problem.ts';
import type { Kind } from '../../kinds.ts';
import type { Resting } from '../../records/records.ts';
import type { Step, Touched } from '../../resources/resource.ts';

/** A resource at rest whose part of the host is not as wanted. */
export interface Difference {
  readonly subject: string;
  readonly repairKind: string;
  readonly resting: Resting<unknown>;
  /** What a repair would begin with. */
  readonly steps: readonly Step[];
  /** What is in the way of a repair. */
  readonly problem: Problem | null;
  /** Whether the repair takes something away. */
  readonly removes: boolean;
}

export interface Comparison {
  readonly differences: readonly Difference[];
  /** What of the touched is being changed just now. */
  readonly busy: readonly string[];
  /** The host as it was seen; null where only a part of it was looked at. */
  readonly observed: unknown;
}

/** Compares what is at rest of one kind with the host: all of it, or what events named. */
export async function compare({ records, resource }: Kind, touched: Touched): Promise<Comparison> {
  const { resting, busy } = await records.loadResting(touched);
  const observed = touched === 'all' ? await resource.observeAll() : null;
  // All at once: a resource gathers looks that are asked for together into one.
  const seen = await Promise.all(resting.map(async ({ desired }) => observed ?? resource.observe(desired)));
  const differences = resting.flatMap((each, index): Difference[] => {
    const { steps, problem } = plan(resource, each.desired, seen[index]);
    const noted = records.isNoted?.(each.desired, seen[index]) ?? true;
    if (steps.length === 0 && problem === null && noted) return [];
    const removes = steps.some((step) => resource.removes(step));
    return [
      { subject: each.subject, repairKind: records.repairKind(each.subject), resting: each, steps, problem, removes },
    ];
  });
  return { differences, busy, observed };
}

/** Something foreign in the way differs too: the repair then says what it is. */
function plan(
  resource: Kind['resource'],
  desired: unknown,
  observed: unknown,
): { steps: readonly Step[]; problem: Problem | null } {
  try {
    return { steps: resource.plan(desired, observed), problem: null };
  } catch (error) {
    if (error instanceof Problem) return { steps: [], problem: error };
    throw error;
  }
}
