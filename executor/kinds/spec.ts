import type { ClaimedOperation, Ending } from '../../schema/resources/definition.ts';
import type { Change } from './resource.ts';

/** How a kind understands the rows of its definition. All of it is pure. */
export interface Spec<Rows, Idle, Desired, Observed, End> {
  /** What an operation turns its rows into; null: it is a repair of what has been changed since. */
  change(operation: ClaimedOperation, rows: Rows): Change<Desired> | null;
  /** What is wanted of something that no operation is changing. */
  desired(rows: Idle): Desired;
  /** Whether the rows say what the host shows, where they tell more than that it is as wanted; without it they always do. */
  isUpToDate?(rows: Idle, observed: Observed): boolean;
  /** What is reported of an operation that has ended; `observed` is null where it did not succeed. */
  end(change: Change<Desired>, ending: Ending, observed: Observed | null): End;
  /** False: what differs from the rows is not repaired, and so not looked for. */
  readonly isRepaired?: boolean;
}
