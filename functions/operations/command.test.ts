import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { type Database, DatabaseError } from '../../schema/database/database.ts';
import { Problem } from '../../schema/problem.ts';
import { insertHypervisor, rowCounts, temporaryDatabase } from '../../test/support/database.ts';
import { defineCommand } from './command.ts';
import type { CommandContext } from './command-context.ts';
import type { Constraint, Guard, Text } from './command-definition.ts';
import { commit } from './commit.ts';
import { readOperation } from './operation.ts';
import { byName, none } from './targets/target.ts';

type Given = CommandContext & { readonly request: { readonly name: string } };

interface Parts {
  readonly guards?: readonly Guard<Given>[];
  readonly rows?: readonly Text<Given>[];
  readonly invariants?: readonly Guard<Given>[];
  readonly constraints?: readonly Constraint<Given>[];
}

function command(parts: Parts) {
  return defineCommand({
    kind: 'test.write',
    role: 'operator',
    request: v.object({ name: v.string() }),
    target: none,
    resource: ({ request }) => `tests/${request.name}`,
    status: 'succeeded',
    arguments: ({ request }) => ({ name: request.name }),
    ...parts,
  });
}

async function started(): Promise<CommandContext> {
  const database = await temporaryDatabase();
  await insertHypervisor(database);
  return { database, principal: 'local', role: 'operator', host: null, isScoped: false, ifMatch: undefined };
}

async function refusal(parts: Parts, context?: Partial<CommandContext>) {
  const { database, ...rest } = await started();
  const before = await rowCounts(database);
  const thrown = await write(command(parts), { database, ...rest, ...context }).catch((error: unknown) => error);
  expect(await rowCounts(database)).toEqual(before);
  return thrown;
}

async function write({ prepare }: ReturnType<typeof command>, context: CommandContext) {
  return commit(context.database, await prepare(context, { name: 'host1' }));
}

const conflict = new Problem('conflict', 'a network of that name');
const gone = new Problem('not_found', 'the host is gone');
const holds: Guard<Given> = { id: 'holds', holds: '1 = 1', problem: () => conflict };
const fails: Guard<Given> = { id: 'fails', holds: '1 = 0', problem: async () => gone };
const insert = "INSERT INTO hypervisors (id, name, epoch, capabilities, created_ms) VALUES ('x', :name, 0, '{}', 0)";

describe('a write that is aborted', () => {
  it('by a guard is refused with the problem of that guard, and of no other', async () => {
    expect(await refusal({ guards: [holds, fails] })).toBe(gone);
  });

  it('by an invariant is refused when its rows are written', async () => {
    const isMissing = { holds: "NOT EXISTS (SELECT 1 FROM hypervisors WHERE id = 'x')", problem: () => conflict };
    const row = insert.replace(':name', "'other'");
    const invariants = [{ ...isMissing, id: 'after' }];
    expect(await refusal({ guards: [{ ...isMissing, id: 'before' }], rows: [row], invariants })).toBe(conflict);
  });

  it('by a constraint that it names is refused with the problem of that constraint', async () => {
    const taken = { violated: 'hypervisors.name', problem: () => conflict };
    expect(await refusal({ rows: [insert], constraints: [taken] })).toBe(conflict);
  });

  it('by a constraint that it does not name is an internal error', async () => {
    const other = { violated: 'cens.name', problem: () => conflict };
    const thrown = await refusal({ guards: [holds], rows: [insert], constraints: [other] });
    expect(thrown).toBeInstanceOf(DatabaseError);
    expect(thrown).toMatchObject({ code: 'constraint' });
  });

  it('has a problem made from the request', async () => {
    const named: Guard<Given> = {
      ...fails,
      problem: ({ request, database }: { request: { name: string }; database: Database }) =>
        new Problem('conflict', `${request.name} ${typeof database.read}`),
    };
    expect(await refusal({ guards: [named] })).toMatchObject({ message: 'host1 function' });
  });
});

it('a null statement is not in the batch', async () => {
  const context = await started();
  const { id } = await write(command({ guards: [{ ...fails, holds: () => null }], rows: [() => null] }), context);
  expect(await readOperation(context.database, id)).toMatchObject({ kind: 'test.write', resource: 'tests/host1' });
});

it('a command is refused to a principal without its role', async () => {
  expect(await refusal({}, { role: null })).toMatchObject({
    code: 'forbidden',
    message: 'local may not call test.write',
  });
});

it('the stored request of an operation is validated when it is retried', async () => {
  const context = await started();
  const { retry } = command({});
  await expect(retry(context, {})).rejects.toBeInstanceOf(v.ValiError);
  const { id } = await commit(context.database, await retry(context, { name: 'again' }));
  expect(await readOperation(context.database, id)).toMatchObject({ request: '{"name":"again"}' });
});

describe('a command on a host', () => {
  const onHost = (host: string, pendingWhere: string) =>
    defineCommand({
      kind: 'test.write',
      role: 'operator',
      request: v.object({}),
      target: byName(host),
      resource: { onHost: () => '/things/a' },
      status: { pendingWhere },
    });

  it('has a resource whose name begins with its hypervisor', async () => {
    const context = await started();
    const { resource, hypervisor, status } = await commit(
      context.database,
      await onHost('host1', "h.name = 'host1'").prepare(context, {}),
    );
    expect({ resource, status }).toEqual({ resource: `hypervisors/${hypervisor}/things/a`, status: 'pending' });
  });

  it('succeeds when it is recorded if the executor cannot work on it', async () => {
    const context = await started();
    const intent = await onHost('host1', "h.name = 'host2'").prepare(context, {});
    expect(await commit(context.database, intent)).toMatchObject({ status: 'succeeded' });
  });

  it('that does not exist is refused with the problem of the target', async () => {
    const context = await started();
    const before = await rowCounts(context.database);
    const intent = await onHost('host9', '1').prepare(context, {});
    await expect(commit(context.database, intent)).rejects.toMatchObject({ code: 'invalid' });
    expect(await rowCounts(context.database)).toEqual(before);
  });
});
