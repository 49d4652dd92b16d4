import type * as v from 'valibot';
import type { Problem } from '../../schema/problem.ts';
import type { Arguments } from '../../schema/statements/ending.ts';
import type { Role } from '../http/context.ts';
import type { CommandContext } from './command-context.ts';
import type { Target } from './targets/target.ts';

/** A request to a command, with who sends it. */
export interface Asked<Request> extends CommandContext {
  readonly request: Request;
  /** It repeats the request of an operation that failed or was cancelled. */
  readonly isRetry: boolean;
}

/** What a batch is made from: the request, and what the command read for it. */
export interface Input<Request, Found> extends Asked<Request> {
  readonly found: Found;
}

/** SQL over the arguments of the command, or a function that chooses one of several constant texts; null: no statement. */
export type Text<From> = string | ((input: From) => string | null);

/** Makes the answer to an aborted write; may read the database for it. */
export type MakeProblem<From> = (input: From, target: Target) => Problem | Promise<Problem>;

/** A condition that aborts the batch where it does not hold, and the problem that the client is answered then. */
export interface Guard<From> {
  /** Unique within a command. */
  readonly id: string;
  readonly holds: Text<From>;
  readonly problem: MakeProblem<From>;
}

/** A constraint of a table that a request may violate, such as a unique name, and the problem that the client is answered. */
export interface Constraint<From> {
  /** Part of SQLite's message, such as `hypervisors.name`. */
  readonly violated: string;
  readonly problem: MakeProblem<From>;
}

/** The resource that the operation is about: its whole name, or what follows that of its hypervisor; null: only its parts have one. */
export type Resource<From> = ((input: From) => string) | { readonly onHost: (input: From) => string } | null;

/**
 * The batch of a write, in this order: the operation's row, a check that it has a hypervisor, guards, rows, subjects,
 * invariants. All statements have the same arguments, and `:operation`, the operation's id.
 */
export interface BatchDefinition<From> {
  readonly target: Target | ((input: From) => Target);
  readonly resource: Resource<From>;
  /**
   * `succeeded`: no host is involved. `pendingWhere`, a condition over `h`, the hypervisor: the request takes effect when it
   * is recorded, and the operation is pending only where an executor can bring the host in line now.
   */
  readonly status: 'pending' | 'succeeded' | { readonly pendingWhere: string };
  /** Units of work, of which progress is counted; 1 by default. */
  readonly total?: (input: From) => number;
  /** The part of the result that is known beforehand; null: none. */
  readonly result?: (input: From) => unknown;
  readonly arguments?: (input: From) => Arguments;
  readonly guards?: readonly Guard<From>[];
  readonly rows?: readonly Text<From>[];
  /** Queries for what the operation and its parts change: subject, and sequence of the operation. */
  readonly subjects?: readonly Text<From>[];
  /** Conditions on what was written. */
  readonly invariants?: readonly Guard<From>[];
  /** A violation of any other constraint is an internal error. */
  readonly constraints?: readonly Constraint<From>[];
  /** Rows change the operation after its insertion, or are parts of it. */
  readonly isAmended?: true;
  /** It may change thousands of rows, however small the request is. */
  readonly isLarge?: (input: From) => boolean;
}

export type InputOf<Schema extends v.GenericSchema, Found> = Input<v.InferOutput<Schema>, Found>;

/** A write as data. */
export interface CommandDefinition<Schema extends v.GenericSchema, Found>
  extends BatchDefinition<InputOf<Schema, Found>> {
  readonly kind: string;
  /** Who may call it. */
  readonly role: Role;
  /** Of the request as the operation keeps it; a retry parses that. */
  readonly request: Schema;
  /** Reads what the batch is made from, besides the request; called again after a version conflict. */
  readonly read?: (asked: Asked<v.InferOutput<Schema>>) => Promise<Found>;
  /** The input of the schema, where that is not the request itself. */
  readonly encode?: (input: InputOf<Schema, Found>) => v.InferInput<Schema>;
}
