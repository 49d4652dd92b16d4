import * as v from 'valibot';
import { type DatabaseError, guard, type Statement, statement } from '../../schema/database/database.ts';
import { memoize } from '../../schema/database/memoize.ts';
import { Problem } from '../../schema/problem.ts';
import { isAtLeast, type Role } from '../http/context.ts';
import type { CommandContext } from './command-context.ts';
import type {
  Asked,
  BatchDefinition,
  CommandDefinition,
  Guard,
  Input,
  InputOf,
  Resource,
  Text,
} from './command-definition.ts';
import type { Intent } from './intent.ts';
import { newId } from './new-id.ts';
import type { AcceptedOperation } from './operation.ts';
import { hypervisor, insertOperation, insertSubjects } from './operation-statements.ts';
import type { Target } from './targets/target.ts';

/** A kind of write. `Command<never>` is the type of any of them. */
export interface Command<Request> extends BatchDefinition<never> {
  readonly kind: string;
  readonly role: Role;
  readonly request: v.GenericSchema;
  readonly prepare: (context: CommandContext, request: Request) => Promise<Intent>;
  /** `stored`: the request as an operation keeps it. */
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
    if (!isAtLeast(asked.role, role)) throw new Problem('forbidden', `${asked.principal} may not call ${kind}`);
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
    ...definition,
    prepare: (context, request) => prepare({ ...context, request, isRetry: false }),
    retry: async (context, stored) => prepare({ ...context, request: v.parse(schema, stored), isRetry: true }),
  };
}

function statusText(status: BatchDefinition<never>['status']): string {
  if (typeof status === 'string') return `'${status}'`;
  return `
    CASE WHEN (SELECT ${status.pendingWhere} FROM hypervisors h WHERE h.id = x.hypervisor) THEN 'pending' ELSE 'succeeded' END`;
}

function resourceText(resource: Resource<never>): string {
  return resource === null || typeof resource === 'function'
    ? ':resource'
    : "'hypervisors/' || x.hypervisor || :resource";
}

/** A statement of the batch; its text is made once, not for each request. */
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
