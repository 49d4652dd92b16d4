import type { Technology } from '../api/capabilities.ts';
import type { Rows, Statement } from '../database/database.ts';
import type { ProblemDetails } from '../problem.ts';
import type { Arguments } from '../statements/ending.ts';
import type { operations } from '../tables/kernel.ts';

type Operation = typeof operations.$inferSelect;

/** An operation that an executor has claimed. */
export interface ClaimedOperation
  extends Readonly<Pick<Operation, 'sequence' | 'id' | 'kind' | 'request' | 'generation' | 'attempt'>> {
  /** Id of the operation that it is a part of. */
  readonly parentId: string | null;
  readonly resource: string;
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

/** What an event told of the host: ids and names as they stand in labels, or that anything may have changed. */
export type Changed = readonly string[] | 'all';

export interface OperationDefinition {
  /**
   * `undo`: when it fails for good, the host converges to what was before. `repair`: it stays as far as it got, and repairs
   * go on; only when it is cancelled it is undone.
   */
  readonly onFailure: 'undo' | 'repair';
}

/** What is to be read, and what is made of the rows of each statement. */
export interface Query<Result> {
  readonly statements: readonly Statement[];
  result(rows: readonly (readonly unknown[])[]): Result;
}

/** Keeps the types of the rows. */
export function query<const Statements extends readonly Statement[], Result>(
  statements: Statements,
  result: (rows: Rows<Statements>) => Result,
): Query<Result> {
  return { statements, result: (rows) => result(rows as Rows<Statements>) };
}

/** The rows of a resource that no operation is changing. */
export interface IdleRows<Rows> {
  /** The resource, as operations name it. */
  readonly subject: string;
  readonly generation: number;
  /** What a repair of it changes. */
  readonly subjects: readonly string[];
  /** By which the host's events name it. */
  readonly eventNames: readonly string[];
  /** What bears its label, by {@link ownerOf}. */
  readonly owner?: string;
  readonly rows: Rows;
}

export interface IdlePage<Rows> {
  readonly idle: readonly IdleRows<Rows>[];
  /** What of the changed an unfinished operation is changing: to be looked at again when that has ended. */
  readonly busy: readonly string[];
  /** What is to be read after it. */
  readonly next: Query<IdlePage<Rows>> | null;
}

/** Something on the host that bears a label of this database. */
export interface Labelled {
  /** What it is, as its technology calls it: `link`, `namespace`. */
  readonly kind: string;
  /** The namespace that a link is in; null: the host's own. */
  readonly place: string | null;
  readonly name: string;
  /** The whole label. */
  readonly label: string;
  /** The resource that the label names. */
  readonly resource: string;
}

/** An operation that has ended; `end`: what its kind reports of the host. */
export interface Finished<End> {
  readonly hypervisor: string;
  readonly operation: ClaimedOperation;
  readonly ending: Ending;
  readonly end: End;
}

/** What an executor writes of its host beside operations, and what the database answers. */
export interface Note<Data, Row = never> {
  /** Names the call to the database in errors, logs and tests. */
  readonly call: string;
  statements(hypervisor: string, data: Data): readonly Statement<Row>[];
}

/** Something that has to be deleted before its hypervisor can be removed: the rows of a table with a column `hypervisor`. */
export interface Content {
  readonly table: string;
  /** What one of its rows is called, and several. */
  readonly words: readonly [singular: string, plural: string];
}

/** What one kind of resource is in the database: all that is said of it in SQL, and what code needs that names no kind. */
export interface ResourceDefinition<Rows = unknown, Idle = unknown, End = unknown> {
  /** Names the calls to the database in errors, logs and tests. */
  readonly name: string;
  /** What of the host it stands on. */
  readonly technology: Technology;
  /** By the kind of the operation, those that its executor does. */
  readonly operations: Readonly<Record<string, OperationDefinition>>;
  /** The kind of the operation that repairs a resource. */
  repair(subject: string): string;
  /** The kind of the operation that takes orphans away, where there are any; its request is `{"orphans": Labelled[]}`. */
  readonly garbageCollection?: string;
  /** The rows that each of these operations is about, as of its own place in the order. */
  load(hypervisor: string, operations: readonly ClaimedOperation[]): Query<(operation: ClaimedOperation) => Rows>;
  /** What no unfinished operation changes: all of the hypervisor, or of what events named; null: none of it is of this kind. */
  loadIdle(hypervisor: string, changed: Changed): Query<IdlePage<Idle>> | null;
  /** What an operation's end makes of its rows. */
  finish(finished: Finished<End>): Statement[];
  /** What bears labels of this kind: selections, over `j` (an entry of a list of {@link Labelled}), of rows that know it. */
  readonly owners?: readonly string[];
  /** Kinds of things on the host that belong to a resource under its own name alone, whatever their label says. */
  readonly ownedByName?: readonly string[];
  /**
   * Rolls back what operations wanted that end without having touched the host. `which` is SQL for their sequences; to
   * be run while they still have their subjects. Where there is none, what the rows say is wanted before and after.
   */
  rollback?(which: string, args: Arguments): Statement<never>[];
  /** Forgets everything of a hypervisor, over `:hypervisor`, in an order that no reference stands in the way of. */
  readonly purge?: readonly string[];
  /** What lives on a hypervisor. */
  readonly contents?: readonly Content[];
  /**
   * Tables of what requests name (columns `hypervisor`, `name`, `desired`), the more binding one first: where one of the
   * named is already, the others go, too.
   */
  readonly placedTogether?: readonly string[];
  /** What there is to be attached to: selections, over `h` (a hypervisor) and `w.value` (a name or id), of rows that are it. */
  readonly networks?: readonly string[];
}

/** SQL for {@link ResourceDefinition.purge} that forgets a hypervisor's rows of these tables. */
export function purgeTables(...tables: readonly string[]): string[] {
  return tables.map((table) => `DELETE FROM ${table} WHERE hypervisor = :hypervisor`);
}

/** What a label names, of all that bears it; `name`: of what belongs to its resource under that name alone. */
export function ownerOf(kind: string, resource: string, name: string | null): string {
  return `${kind} ${resource} ${name ?? ''}`;
}
