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
  /** The error of the previous attempt. */
  readonly lastError: string | null;
  /** 1: a client cancelled it after it had begun. */
  readonly cancelled: number;
}

/** How an operation finally ended. */
export type Ending =
  | { readonly status: 'succeeded' }
  | { readonly status: 'failed' | 'cancelled'; readonly error: ProblemDetails };

/** The resources of an event, by ids and names as in labels; or `all`: anything may have changed. */
export type Changed = readonly string[] | 'all';

export interface OperationDefinition {
  /**
   * `undo`: when it fails permanently, the host converges to the state before it. `repair`: the host keeps the partial
   * result, and repairs continue; only a cancellation undoes it.
   */
  readonly onFailure: 'undo' | 'repair';
}

/** Statements to read, and the function from their rows to a result. */
export interface Query<Result> {
  readonly statements: readonly Statement[];
  result(rows: readonly (readonly unknown[])[]): Result;
}

/** Preserves the types of the rows. */
export function query<const Statements extends readonly Statement[], Result>(
  statements: Statements,
  result: (rows: Rows<Statements>) => Result,
): Query<Result> {
  return { statements, result: (rows) => result(rows as Rows<Statements>) };
}

/** The rows of a resource that no operation is changing. */
export interface IdleRows<Rows> {
  /** The name of the resource in operations. */
  readonly subject: string;
  readonly generation: number;
  /** The subjects of its repair. */
  readonly subjects: readonly string[];
  /** Names that the host's events use for it. */
  readonly eventNames: readonly string[];
  /** The owners of its objects on the host, by {@link ownerOf}. */
  readonly owners?: readonly string[];
  readonly rows: Rows;
}

export interface IdlePage<Rows> {
  readonly idle: readonly IdleRows<Rows>[];
  /**
   * The resources among the changed that an unfinished operation is changing: to be compared again when that has ended.
   */
  readonly busy: readonly string[];
  /** The query for the next page. */
  readonly next: Query<IdlePage<Rows>> | null;
}

/** An object on the host with a label of this database. */
export interface Labelled {
  /** The type of the object, as its technology calls it: `link`, `namespace`. */
  readonly kind: string;
  /** The namespace that contains a link; null: the host's own. */
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

/** Rows that an executor writes about its host independently of operations, and what the database returns. */
export interface Note<Data, Row = never> {
  /** The name of the call to the database in errors, logs and tests. */
  readonly call: string;
  statements(hypervisor: string, data: Data): readonly Statement<Row>[];
}

/** Rows that have to be deleted before their hypervisor can be removed; their table has a column `hypervisor`. */
export interface Content {
  readonly table: string;
  /** Singular and plural of what a row is called. */
  readonly words: readonly [singular: string, plural: string];
}

/**
 * How a person deals with each orphan of a kind whose orphans are never removed by weft alone: an orphan that is adopted
 * or discarded gets a row, and an operation of the kind does the rest.
 */
export interface ListedOrphans {
  /** As in {@link Labelled}. */
  readonly kind: Labelled['kind'];
  /** The kinds of the operations. */
  readonly adopt: string;
  readonly discard: string;
  /** Inserts the row, over `:id`, `:name`, `:desired` and the operation `:operation`. */
  readonly insertRow: string;
  /** A part of SQLite's message of the constraint that is violated if there is a row already. */
  readonly isOwned: string;
  /** What follows the name of its hypervisor in the name of the resource. */
  resourceOnHost(name: string): string;
}

/** One kind of resource in the database: all SQL about it, and the data that code independent of kinds needs. */
export interface ResourceDefinition<Rows = unknown, Idle = unknown, End = unknown> {
  /** The name of the calls to the database in errors, logs and tests. */
  readonly name: string;
  /** The technology of the host that it needs. */
  readonly technology: Technology;
  /** The operations that its executor runs, by their kind. */
  readonly operations: Readonly<Record<string, OperationDefinition>>;
  /** The kind of the operation that repairs a resource. */
  repair(subject: string): string;
  /** The kind of the operation that removes orphans, if there are any; its request is `{"orphans": Labelled[]}`. */
  readonly garbageCollection?: string;
  /** The rows of each of these operations, as of its own place in the order. */
  load(hypervisor: string, operations: readonly ClaimedOperation[]): Query<(operation: ClaimedOperation) => Rows>;
  /**
   * The rows that no unfinished operation changes: all of the hypervisor, or those that events named; null: the events
   * named none of this kind. A kind without it has no state, and is not scanned.
   */
  loadIdle?(hypervisor: string, changed: Changed): Query<IdlePage<Idle>> | null;
  /** Writes the end of an operation into its rows. */
  finish(finished: Finished<End>): Statement[];
  /**
   * Selections, over `j` (an entry of a list of {@link Labelled}), of rows that own an object with a label of this
   * kind.
   */
  readonly owners?: readonly string[];
  /** Types of objects on the host that belong to a resource only if they have its own name, whatever their label. */
  readonly ownedByName?: readonly string[];
  /** Its orphans are listed and stay until a person decides about each; without it they are removed. */
  readonly listedOrphans?: ListedOrphans;
  /**
   * Rolls back the desired state of operations that end without having changed the host. `which` is SQL for their
   * sequences; to be run while they still have their subjects. A kind without it has nothing to roll back: its rows are
   * the desired state before and after.
   */
  rollback?(which: string, args: Arguments): Statement<never>[];
  /** Deletes all rows of a hypervisor, over `:hypervisor`, in an order that references allow. */
  readonly purge?: readonly string[];
  /** The resources of a hypervisor that prevent its removal. */
  readonly contents?: readonly Content[];
  /**
   * Tables of resources that requests name (columns `hypervisor`, `name`, `desired`), those that bind most first: new
   * resources are placed on the hypervisor of an existing one that the request names.
   */
  readonly placedTogether?: readonly string[];
  /**
   * Networks that guests can be attached to: selections of their rows, over `h` (a hypervisor) and `w.value` (a name or
   * id).
   */
  readonly networks?: readonly string[];
}

/** Finds the kind of resource that runs an operation. */
export type FindDefinition = (operationKind: string) => ResourceDefinition | undefined;

/** SQL for {@link ResourceDefinition.purge} that deletes a hypervisor's rows of these tables. */
export function purgeTables(...tables: readonly string[]): string[] {
  return tables.map((table) => `DELETE FROM ${table} WHERE hypervisor = :hypervisor`);
}

/**
 * A key for the owner of a labelled object; `name`: of an object that belongs to its resource under that name alone.
 */
export function ownerOf(kind: string, resource: string, name: string | null): string {
  return `${kind} ${resource} ${name ?? ''}`;
}
