import type * as v from 'valibot';
import type { Problem } from '../../schema/problem.ts';
import type { Arguments } from '../../schema/statements/ending.ts';
import type { Role } from '../http/context.ts';
import type { CommandContext } from './command-context.ts';
import type { Target } from './targets/target.ts';

/** A request to a command. */
export interface Asked<Request> extends CommandContext {
  readonly request: Request;
  /** An operation with this request has failed or was cancelled, and is asked for again. */
  readonly isRetry: boolean;
}

/** What a command makes its batch from: the request, and what was read for it. */
export interface Input<Request, Found> extends Asked<Request> {
  readonly found: Found;
}

/** SQL over the command's arguments, or what chooses among such texts; null: it is left out. */
export type Text<From> = string | ((input: From) => string | null);

/** What the client of an aborted write is answered; may read what is in the way. */
export type MakeProblem<From> = (input: From, target: Target) => Problem | Promise<Problem>;

/** A condition that must hold for a write, and the problem where it does not. */
export interface Guard<From> {
  /** Its own within a command. */
  readonly id: string;
  readonly holds: Text<From>;
  readonly problem: MakeProblem<From>;
}

/** A constraint that a write may violate: a name that is taken, or what another request has changed since it was read. */
export interface Constraint<From> {
  /** Part of what SQLite says that was violated, such as `hypervisors.name`. */
  readonly violated: string;
  readonly problem: MakeProblem<From>;
}

/** The resource that does the operation's work: of the fleet, or what stands behind its hypervisor; null: its parts'. */
export type Resource<From> = ((input: From) => string) | { readonly onHost: (input: From) => string } | null;

/**
 * What the batch of a write is made of. It inserts the operation, checks that it has a hypervisor and that the guards
 * hold, writes the rows and the subjects, and checks the invariants. All statements see the same arguments, `:operation`
 * among them.
 */
export interface BatchDefinition<From> {
  readonly target: Target | ((input: From) => Target);
  readonly resource: Resource<From>;
  /**
   * What needs no host is born succeeded; so is what is true once it is recorded, unless `pendingWhere`, a condition over
   * `h`, the hypervisor, says that its executor can bring the host in line at once.
   */
  readonly status: 'pending' | 'succeeded' | { readonly pendingWhere: string };
  /** How much work it is; 1 by default. */
  readonly total?: (input: From) => number;
  /** What is known of the result before the work is done; null: nothing. */
  readonly result?: (input: From) => unknown;
  readonly arguments?: (input: From) => Arguments;
  readonly guards?: readonly Guard<From>[];
  readonly rows?: readonly Text<From>[];
  /** Selections of what the operation and its parts change: subject and sequence. */
  readonly subjects?: readonly Text<From>[];
  /** What must hold when everything is written. */
  readonly invariants?: readonly Guard<From>[];
  /** The constraints that it may violate without a fault of ours. */
  readonly constraints?: readonly Constraint<From>[];
  /** Its rows change the operation, or are parts of it. */
  readonly isAmended?: true;
  /** It may change thousands of rows, however little the request says. */
  readonly isLarge?: (input: From) => boolean;
}

export type InputOf<Schema extends v.GenericSchema, Found> = Input<v.InferOutput<Schema>, Found>;

/** A write as data. */
export interface CommandDefinition<Schema extends v.GenericSchema, Found>
  extends BatchDefinition<InputOf<Schema, Found>> {
  readonly kind: string;
  /** Who may call it. */
  readonly role: Role;
  /** What the operation keeps, and what a retry reads again. */
  readonly request: Schema;
  /** Reads what must be known before the batch can be made; asked again when another request has changed it meanwhile. */
  readonly read?: (asked: Asked<v.InferOutput<Schema>>) => Promise<Found>;
  /** The request as the schema takes it, where it is kept in another form than it is used in. */
  readonly encode?: (input: InputOf<Schema, Found>) => v.InferInput<Schema>;
}
