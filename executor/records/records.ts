import { type Rows, type Statement, statement } from '../../schema/database/database.ts';
import type { ProblemDetails } from '../../schema/problem.ts';
import type { operations } from '../../schema/tables/kernel.ts';
import type { Change, Labelled, Touched } from '../kinds/resource.ts';

type Operation = typeof operations.$inferSelect;

/** An operation that this executor claimed. */
export interface ClaimedOperation {
  readonly sequence: number;
  readonly id: string;
  /** Id of the operation that it is a part of. */
  readonly parentId: string | null;
  readonly kind: string;
  readonly resource: string;
  readonly request: string;
  /** Of the resource, when its repair was filed. */
  readonly generation: number;
  readonly attempt: number;
  readonly deadlineInMs: Operation['deadlineMs'];
  /** What the attempt before this one met. */
  readonly lastError: string | null;
  /** 1 when somebody cancelled it after it had begun. */
  readonly cancelled: number;
}

/** How an operation ended for good. */
export type Ending =
  | { readonly status: 'succeeded' }
  | { readonly status: 'failed' | 'cancelled'; readonly error: ProblemDetails };

/** A resource that no operation is changing, as it is wanted: what a scan compares with the host. */
export interface Resting<Desired> {
  /** The resource, as operations name it. */
  readonly subject: string;
  readonly generation: number;
  readonly subjects: readonly string[];
  /** By which the host's events name it. */
  readonly touchedBy: readonly string[];
  readonly desired: Desired;
}

/** Goes into the read of what is at rest: {@link AtRest.since}. */
export const selectLast = statement<{ last: number }>('SELECT coalesce(max(sequence), 0) AS last FROM operations');

export interface AtRest<Desired> {
  readonly resting: readonly Resting<Desired>[];
  /** The last operation that there was by then. */
  readonly since: number;
  /** What of the touched an unfinished operation is changing: to be looked at again when that has ended. */
  readonly busy: readonly string[];
}

/** What operations change, as of their own places in the order: null is a repair of what has been changed since. */
export type Changes<Desired> = ReadonlyMap<number, Change<Desired> | null>;

/** What is to be read of operations, and what that makes of them. All kinds' statements go into one read. */
export interface Loading<Desired> {
  readonly statements: readonly Statement[];
  /** Takes what each of the statements has returned. */
  changes(rows: readonly (readonly unknown[])[]): Changes<Desired>;
}

/** Keeps the types of the rows. */
export function loading<const Statements extends readonly Statement[], Desired>(
  statements: Statements,
  changes: (rows: Rows<Statements>) => Changes<Desired>,
): Loading<Desired> {
  return { statements, changes: (rows) => changes(rows as Rows<Statements>) };
}

/** What a kind of resource keeps in the database: reading what is wanted, writing what became of it. */
export interface Records<Desired, Observed = unknown> {
  load(operations: readonly ClaimedOperation[]): Loading<Desired>;
  /**
   * The statements that an operation's end adds to the report's batch. `observed` is the host as it was read back;
   * null where the operation did not succeed.
   */
  settle(operation: ClaimedOperation, change: Change<Desired>, ending: Ending, observed: Observed | null): Statement[];
  /** What no unfinished operation changes: all of this hypervisor, or of what the host's events named. */
  loadResting(touched: Touched): Promise<AtRest<Desired>>;
  /** Of what bears our label on the host, that which belongs to no row. `known`: rows that were read a moment ago. */
  findOrphans(labelled: readonly Labelled[], known: readonly Resting<Desired>[]): Promise<Labelled[]>;
  /**
   * Whether the rows say what the host shows, where they tell more than that it is as wanted: else a repair is filed
   * although the plan lists nothing. Pure.
   */
  isNoted?(desired: Desired, observed: Observed): boolean;
}
