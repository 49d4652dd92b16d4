import type { ClaimedOperation, Ending } from '../../schema/resources/definition.ts';
import type { Change } from './resource.ts';

/** The meaning of the rows of a kind's definition. All of it is pure. */
export interface Spec<Rows, Idle, Desired, Observed, End> {
  /** The change of an operation, from its rows; null: it is a repair of a resource that has changed since. */
  change(operation: ClaimedOperation, rows: Rows): Change<Desired> | null;
  /** The desired state of a resource that no operation is changing. */
  desired(rows: Idle): Desired;
  /**
   * Whether the rows agree with the observed host, if they contain more than the desired state; without it they always
   * do.
   */
  isUpToDate?(rows: Idle, observed: Observed): boolean;
  /** What is reported of an operation that has ended; `observed` is null if it did not succeed. */
  end(change: Change<Desired>, ending: Ending, observed: Observed | null): End;
  /** The result of an operation that succeeded, for its client; without it operations of the kind have none. */
  result?(observed: Observed): unknown;
  /** False: drift is not repaired, and so not detected. */
  readonly isRepaired?: boolean;
}
