import * as v from 'valibot';
import { type DatabaseError, guard, type Statement, statement } from '../../schema/database/database.ts';
import { memoize } from '../../schema/database/memoize.ts';
import { Problem } from '../../schema/problem.ts';
import type { Arguments } from '../../schema/statements/ending.ts';
import type { Role } from '../http/context.ts';
import type { CommandContext } from './command-context.ts';
import type { Intent } from './intent.ts';
import { newId } from './new-id.ts';
import type { AcceptedOperation } from './operation.ts';
import { hypervisor, insertOperation, insertSubjects } from './operation-statements.ts';
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
 * A write as data. Its batch inserts the operation, checks that it has a hypervisor and that the guards hold, writes the
 * rows and the subjects, and checks the invariants. All statements see the same arguments, `:operation` among them.
 */
export interface CommandDefinition<Schema extends v.GenericSchema, Found> {
  readonly kind: string;
  /** Who may call it. */
  readonly role: Role;
  /** What the operation keeps, and what a retry reads again. */
  readonly request: Schema;
  /** The request as the schema takes it, where it is kept in another form than it is used in. */
  readonly encode?: (input: InputOf<Schema, Found>) => v.InferInput<Schema>;
  /** Reads what must be known before the batch can be made; asked again when another request has changed it meanwhile. */
  readonly read?: (asked: Asked<v.InferOutput<Schema>>) => Promise<Found>;
  readonly target: Target | ((input: InputOf<Schema, Found>) => Target);
  readonly resource: Resource<InputOf<Schema, Found>>;
  /**
   * What needs no host is born succeeded; so is what is true once it is recorded, unless `pendingWhere`, a condition over
   * `h`, the hypervisor, says that its executor can bring the host in line at once.
   */
  readonly status: 'pending' | 'succeeded' | { readonly pendingWhere: string };
  /** How much work it is; 1 by default. */
  readonly total?: (input: InputOf<Schema, Found>) => number;
  /** What is known of the result before the work is done; null: nothing. */
  readonly result?: (input: InputOf<Schema, Found>) => unknown;
  readonly arguments?: (input: InputOf<Schema, Found>) => Arguments;
  readonly guards?: readonly Guard<InputOf<Schema, Found>>[];
  readonly rows?: readonly Text<InputOf<Schema, Found>>[];
  /** Selections of what the operation and its parts change: subject and sequence. */
  readonly subjects?: readonly Text<InputOf<Schema, Found>>[];
  /** What must hold when everything is written. */
  readonly invariants?: readonly Guard<InputOf<Schema, Found>>[];
  /** The constraints that it may violate without a fault of ours. */
  readonly constraints?: readonly Constraint<InputOf<Schema, Found>>[];
  /** Its rows change the operation, or are parts of it. */
  readonly isAmended?: true;
  /** It may change thousands of rows, however little the request says. */
  readonly isLarge?: (input: InputOf<Schema, Found>) => boolean;
}

type InputOf<Schema extends v.GenericSchema, Found> = Input<v.InferOutput<Schema>, Found>;

/** A kind of write; `Command<never>` is any of them. */
export interface Command<Request> {
  readonly kind: string;
  readonly role: Role;
  readonly request: v.GenericSchema;
  readonly target: Target | ((input: never) => Target);
  readonly prepare: (context: CommandContext, request: Request) => Promise<Intent>;
  /** From the request as an operation keeps it. */
  readonly retry: (context: CommandContext, stored: unknown) => Promise<Intent>;
}

const TARGET = 'target';
const hasHypervisor = guard(TARGET, `${hypervisor} IS NOT NULL`).sql;

export function defineCommand<Schema extends v.GenericSchema, Found = undefined>(
  definition: CommandDefinition<Schema, Found>,
): Command<v.InferOutput<Schema>> {
  type Request = v.InferOutput<Schema>;
  const { kind, role, request: schema, target, guards = [], invariants = [], constraints = [] } = definition;
  const insert = insertOperation(statusText(definition.status), resourceText(definition.resource));
  const steps = stepsOf(definition);
  const guardOf = new Map([...guards, ...invariants].map((each) => [each.id, each]));

  async function prepare(asked: Asked<Request>): Promise<Intent> {
    if (asked.role !== role) throw new Problem('forbidden', `${asked.principal} may not call ${kind}`);
    // Without `read`, `Found` is undefined.
    const input = { ...asked, found: (await definition.read?.(asked)) as Found };
    const operation = newId();
    const on = typeof target === 'function' ? target(input) : target;
    const args = { operation, ...definition.arguments?.(input) };
    const statements: Statement[] = on.problem === undefined ? [] : [{ sql: hasHypervisor, args, guard: TARGET }];
    for (const { text, guard } of steps) {
      const sql = text(input);
      if (sql !== null) statements.push(guard === undefined ? statement(sql, args) : { sql, args, guard });
    }
    return {
      operation,
      statements: [inserted(input, operation, on), ...statements],
      refusal: (error) => refusal(error, input, on),
      isAmended: definition.isAmended ?? false,
      isLarge: definition.isLarge?.(input) ?? false,
    };
  }

  function inserted(input: Input<Request, Found>, operation: string, on: Target): Statement<AcceptedOperation> {
    const { encode, resource, total, result } = definition;
    const { request, principal } = input;
    const known = result?.(input) ?? null;
    return statement(insert(on.sql), {
      ...on.args,
      ...{ operation, kind, principal, total: total?.(input) ?? 1 },
      request: JSON.stringify(encode ? encode(input) : request),
      resource: typeof resource === 'function' ? resource(input) : (resource?.onHost(input) ?? null),
      result: known === null ? null : JSON.stringify(known),
    });
  }

  function refusal({ code, reason }: DatabaseError, input: Input<Request, Found>, on: Target) {
    if (code === 'guard' && reason === TARGET) return on.problem?.(input.database);
    const met =
      code === 'constraint' ? constraints.find(({ violated }) => reason.includes(violated)) : guardOf.get(reason);
    return met?.problem(input, on);
  }

  return {
    ...{ kind, role, request: schema, target },
    prepare: (context, request) => prepare({ ...context, request, isRetry: false }),
    retry: async (context, stored) => prepare({ ...context, request: v.parse(schema, stored), isRetry: true }),
  };
}

function statusText(status: CommandDefinition<v.GenericSchema, unknown>['status']): string {
  if (typeof status === 'string') return `'${status}'`;
  return `
    CASE WHEN (SELECT ${status.pendingWhere} FROM hypervisors h WHERE h.id = x.hypervisor) THEN 'pending' ELSE 'succeeded' END`;
}

function resourceText(resource: Resource<never>): string {
  return resource === null || typeof resource === 'function'
    ? ':resource'
    : "'hypervisors/' || x.hypervisor || :resource";
}

/** A statement of a command's batch, whose text is put together once and not for each request. */
interface Step<From> {
  readonly text: (input: From) => string | null;
  readonly guard?: string;
}

function stepsOf<Schema extends v.GenericSchema, Found>({
  guards = [],
  rows = [],
  subjects = [],
  invariants = [],
}: CommandDefinition<Schema, Found>): readonly Step<InputOf<Schema, Found>>[] {
  return [
    ...guards.map(guardStep),
    ...rows.map((text) => ({ text: compiled(text, (sql) => sql) })),
    ...subjects.map((text) => ({ text: compiled(text, insertSubjects) })),
    ...invariants.map(guardStep),
  ];
}

function guardStep<From>({ id, holds }: Guard<From>): Step<From> {
  return { text: compiled(holds, (condition) => guard(id, condition).sql), guard: id };
}

function compiled<From>(text: Text<From>, compile: (sql: string) => string): (input: From) => string | null {
  if (typeof text === 'string') {
    const sql = compile(text);
    return () => sql;
  }
  const memoized = memoize(compile);
  return (input) => {
    const chosen = text(input);
    return chosen === null ? null : memoized(chosen);
  };
}
