import type { Statement } from '../../schema/database/database.ts';
import type { ProblemDetails } from '../../schema/problem.ts';
import type { operations } from '../../schema/tables/kernel.ts';
import type { Change } from '../resources/resource.ts';

type Operation = typeof operations.$inferSelect;

/** An operation that this executor claimed. */
export interface ClaimedOperation {
  readonly sequence: number;
  readonly id: string;
  readonly kind: string;
  readonly resource: string;
  readonly attempt: number;
  readonly deadlineInMs: Operation['deadlineMs'];
  /** What the attempt before this one met. */
  readonly lastError: string | null;
}

/** How an operation ended for good; null: it succeeded. */
export type Ending = ProblemDetails | null;

/** A resource that no operation is changing, as it is wanted: what a scan compares with the host. */
export interface Resting<Desired> {
  /** The resource, as operations name it. */
  readonly subject: string;
  readonly generation: number;
  readonly subjects: readonly string[];
  readonly desired: Desired;
}

/** What a kind of resource keeps in the database: reading what is wanted, writing what became of it. */
export interface Records<Desired> {
  /** What each operation is to change, as of its own place in the order. */
  load(operations: readonly ClaimedOperation[]): Promise<ReadonlyMap<number, Change<Desired>>>;
  /** The statements that an operation's end adds to the report's batch. */
  settle(operation: ClaimedOperation, change: Change<Desired>, ending: Ending): Statement[];
  /** Everything of this hypervisor that no unfinished operation changes. */
  loadResting(): Promise<Resting<Desired>[]>;
  /** The kind of the operation that repairs a resource. */
  repairKind(subject: string): string;
}
