import { describe, expect, it } from 'vitest';
import { type Database, statement } from '../../../schema/database/database.ts';
import { Problem } from '../../../schema/problem.ts';
import type { ClaimedOperation, Ending } from '../../../schema/resources/definition.ts';
import { networkDefinition } from '../../../schema/resources/network/definition.ts';
import { scanRows } from '../../../schema/store/idle.ts';
import { insertHypervisor, temporaryDatabase } from '../../../test/support/database.ts';
import { loadIdle } from '../../loop/reconcile/differences.ts';
import type { Change } from '../resource.ts';
import type { Network } from './desired.ts';
import { networkSpec } from './spec.ts';

const succeeded: Ending = { status: 'succeeded' };
const failed: Ending = { status: 'failed', error: new Problem('conflict', 'something is in the way').toJSON() };
const cancelled: Ending = { status: 'cancelled', error: new Problem('cancelled', 'nobody wants it').toJSON() };

/** Rows as a request leaves them; `lan-xxc1` ends like the container c1. */
async function fixture(): Promise<{ database: Database; hypervisor: string }> {
  const database = await temporaryDatabase();
  const hypervisor = await insertHypervisor(database);
  const args = { hypervisor };
  await database.write([
    statement(
      `INSERT INTO cens (id, hypervisor, name, spec, applied_spec, generation, desired, state, state_since_ms, created_ms, link_name)
       VALUES ('n1', :hypervisor, 'lan-xxc1', '{"made":true}', '{"made":false}', 1, 'present', 'pending', 0, 0, 'lan-xxc1')`,
      args,
    ),
    ...['c1', 'c2'].map((name) =>
      statement(
        `INSERT INTO containers (id, hypervisor, name, spec, applied_spec, generation, desired, state, state_since_ms, created_ms, short_name)
         VALUES (:name, :hypervisor, :name, '{"explicit":false}', '{"namespace":false}', 1, 'present', 'declared', 0, 0, :name)`,
        { ...args, name },
      ),
    ),
    statement(
      "INSERT INTO members (cen, container, position, ordinal, outside, added) VALUES ('n1', 'c1', 0, 0, 'c1.0o', 0), ('n1', 'c2', 1, 0, 'c2.0o', 0)",
    ),
  ]);
  return { database, hypervisor };
}

const spec = networkSpec('db');

/** The change of the operation; null: it is a repair of a resource that has changed since. */
async function changeOf(database: Database, hypervisor: string, operation: ClaimedOperation) {
  const { statements, result } = networkDefinition.load(hypervisor, [operation]);
  return spec.change(operation, result(await database.read(statements))(operation));
}

/** Files an operation on the CEN and these containers, claimed by the executor. */
async function claimed(
  database: Database,
  hypervisor: string,
  kind: string,
  containers: readonly string[],
): Promise<ClaimedOperation> {
  const resource = `hypervisors/${hypervisor}/cens/lan-xxc1`;
  const subjects = [resource, ...containers.map((name) => `hypervisors/${hypervisor}/containers/${name}`)];
  const [rows] = await database.write([
    statement<{ sequence: number }>(
      `INSERT INTO operations (id, hypervisor, kind, resource, request, generation, status, not_before_ms, deadline_ms, attempt, done, total, principal, created_ms)
       VALUES (:id, :hypervisor, :kind, :resource, '{}', 0, 'running', 0, 0, 1, 0, 1, 'test', 0) RETURNING sequence`,
      { id: crypto.randomUUID(), hypervisor, kind, resource },
    ),
    statement(
      'INSERT INTO operation_subjects SELECT value, (SELECT max(sequence) FROM operations) FROM json_each(:subjects)',
      {
        subjects: JSON.stringify(subjects),
      },
    ),
  ]);
  const sequence = rows[0]?.sequence ?? 0;
  return {
    sequence,
    id: 'x',
    parentId: null,
    kind,
    resource,
    request: '{}',
    generation: 1,
    attempt: 1,
    deadlineInMs: 1000,
    lastError: null,
    cancelled: 0,
  };
}

async function settle(
  hypervisor: string,
  database: Database,
  operation: ClaimedOperation,
  ending: Ending,
): Promise<void> {
  const change = await changeOf(database, hypervisor, operation);
  await database.write([
    ...(change ? finish(hypervisor, operation, change, ending) : []),
    statement('DELETE FROM operation_subjects WHERE sequence = :sequence', { sequence: operation.sequence }),
  ]);
}

function finish(hypervisor: string, operation: ClaimedOperation, change: Change<Network>, ending: Ending) {
  return networkDefinition.finish({ hypervisor, operation, ending, end: spec.end(change, ending, null) });
}

async function states(database: Database): Promise<unknown[]> {
  const [rows] = await database.read([
    statement(`SELECT name, state, spec, applied_spec, error IS NOT NULL AS failed FROM cens
      UNION ALL SELECT name, state, NULL, applied_spec, error IS NOT NULL FROM containers ORDER BY name`),
  ]);
  return rows;
}

describe('a load', () => {
  /** The number of rows that an operation on one more member of a CEN of this size reads. */
  async function rowsRead(kind: string, others: number): Promise<number[]> {
    const { database, hypervisor } = await fixture();
    const names = JSON.stringify(Array.from({ length: others + 1 }, (_, number) => `m${number}`));
    const operation = await claimed(database, hypervisor, kind, ['m0']);
    await database.write([
      statement('UPDATE cens SET applied_spec = \'{"made":true}\''),
      statement('DELETE FROM members'),
      statement(
        `INSERT INTO containers (id, hypervisor, name, spec, applied_spec, generation, desired, state, state_since_ms, created_ms, short_name)
         SELECT value, :hypervisor, value, '{}', '{"namespace":true}', 1, 'present', 'running', 0, 0, value FROM json_each(:names)`,
        { hypervisor, names },
      ),
      statement(
        `INSERT INTO members (cen, container, position, ordinal, outside, added, removed)
         SELECT 'n1', value, key, 0, value || '.0o', CASE WHEN key = 0 AND :joins THEN :sequence ELSE 0 END, CASE WHEN key = 0 AND NOT :joins THEN :sequence END
         FROM json_each(:names)`,
        { names, joins: kind === 'cen.join' ? 1 : 0, sequence: operation.sequence },
      ),
    ]);
    const rows = await database.read(networkDefinition.load(hypervisor, [operation]).statements);
    return rows.map(({ length }) => length);
  }

  it.each(['cen.join', 'cen.leave', 'container.delete'])(
    'of %s reads only the changed member of a bridge, and all of a wire',
    async (kind) => {
      expect(await rowsRead(kind, 3)).toEqual([1, 1, 1, 0, 0, 0]);
      expect(await rowsRead(kind, 300)).toEqual([1, 1, 1, 0, 0, 0]);
      expect(await rowsRead(kind, 2)).toEqual([1, 3, 3, 0, 0, 0]);
    },
  );

  it('of an operation on the whole CEN reads all', async () => {
    expect(await rowsRead('cen.make', 300)).toEqual([1, 301, 301, 0, 0, 0]);
  });
});

describe('the end of an operation', () => {
  it('that succeeded is recorded in the rows', async () => {
    const { database, hypervisor } = await fixture();
    await settle(hypervisor, database, await claimed(database, hypervisor, 'cen.make', ['c1', 'c2']), succeeded);
    expect(await states(database)).toEqual([
      { name: 'c1', state: 'running', spec: null, applied_spec: '{"explicit":false,"namespace":true}', failed: 0 },
      { name: 'c2', state: 'running', spec: null, applied_spec: '{"explicit":false,"namespace":true}', failed: 0 },
      { name: 'lan-xxc1', state: 'ready', spec: '{"made":true}', applied_spec: '{"made":true}', failed: 0 },
    ]);
  });

  it('of a repair leaves the row to a deletion that was accepted meanwhile, which finds all of it', async () => {
    const { database, hypervisor } = await fixture();
    const repair = await claimed(database, hypervisor, 'cen.repair', []);
    const change = await changeOf(database, hypervisor, repair);
    await database.write([statement("UPDATE cens SET desired = 'absent', spec = '{\"made\":false}', generation = 2")]);
    const deletion = await claimed(database, hypervisor, 'cen.delete', ['c1', 'c2']);
    await database.write([
      ...(change ? finish(hypervisor, repair, change, succeeded) : []),
      statement('DELETE FROM operation_subjects WHERE sequence = :sequence', { sequence: repair.sequence }),
    ]);
    const left = async () => (await database.read([statement('SELECT name FROM cens')]))[0];
    expect(await left()).toEqual([{ name: 'lan-xxc1' }]);
    await settle(hypervisor, database, deletion, succeeded);
    expect(await left()).toEqual([]);
  });

  it('that failed rolls the change back, and changes no other row of a similar name', async () => {
    const { database, hypervisor } = await fixture();
    await settle(hypervisor, database, await claimed(database, hypervisor, 'cen.make', ['c1', 'c2']), failed);
    expect(await states(database)).toEqual([
      { name: 'c1', state: 'declared', spec: null, applied_spec: '{"namespace":false}', failed: 0 },
      { name: 'c2', state: 'declared', spec: null, applied_spec: '{"namespace":false}', failed: 0 },
      { name: 'lan-xxc1', state: 'failed', spec: '{"made":false}', applied_spec: '{"made":false}', failed: 1 },
    ]);
  });

  it('that failed rolls its own members back, and keeps those that a later one added', async () => {
    const { database, hypervisor } = await fixture();
    const first = await claimed(database, hypervisor, 'cen.import', ['c2']);
    await database.write([
      statement("UPDATE members SET removed = :sequence WHERE container = 'c2'", { sequence: first.sequence }),
      statement(
        `INSERT INTO containers (id, hypervisor, name, spec, applied_spec, generation, desired, state, state_since_ms, created_ms, short_name)
         SELECT value, :hypervisor, value, '{}', '{"namespace":false}', 1, 'present', 'declared', 0, 0, value FROM json_each('["c3","c4"]')`,
        { hypervisor },
      ),
      statement(
        "INSERT INTO members (cen, container, position, ordinal, outside, added) VALUES ('n1', 'c3', 2, 0, 'c3.0o', :sequence)",
        { sequence: first.sequence },
      ),
    ]);
    const second = await claimed(database, hypervisor, 'cen.join', ['c4']);
    await database.write([
      statement(
        "INSERT INTO members (cen, container, position, ordinal, outside, added) VALUES ('n1', 'c4', 3, 0, 'c4.0o', :sequence)",
        { sequence: second.sequence },
      ),
    ]);
    await settle(hypervisor, database, first, failed);
    const current = async () =>
      (
        await database.read([
          statement<{ container: string }>('SELECT container FROM members WHERE removed IS NULL ORDER BY position'),
        ])
      )[0].map(({ container }) => container);
    expect(await current()).toEqual(['c1', 'c2', 'c4']);
    await settle(hypervisor, database, second, succeeded);
    expect(await current()).toEqual(['c1', 'c2', 'c4']);
  });

  /** Members with the operations that added and removed them, and their names on the host. */
  async function memberships(database: Database): Promise<unknown> {
    const [members] = await database.read([
      statement("SELECT ordinal, added, removed FROM members WHERE container = 'c1' ORDER BY added"),
    ]);
    return members;
  }

  /** c1 leaves and joins again, each by a pending operation. */
  async function leftAndJoined() {
    const { database, hypervisor } = await fixture();
    const leave = await claimed(database, hypervisor, 'cen.leave', ['c1']);
    const join = await claimed(database, hypervisor, 'cen.join', ['c1']);
    await database.write([
      statement("UPDATE members SET removed = :sequence WHERE container = 'c1'", { sequence: leave.sequence }),
      statement(
        "INSERT INTO members (cen, container, position, ordinal, outside, added) VALUES ('n1', 'c1', 2, 1, 'c1.1o', :sequence)",
        { sequence: join.sequence },
      ),
    ]);
    return { database, hypervisor, leave, join };
  }

  it('that was cancelled rolls a removal back, even if the later join is cancelled after it', async () => {
    const { database, hypervisor, leave, join } = await leftAndJoined();
    await settle(hypervisor, database, leave, cancelled);
    expect(await memberships(database)).toEqual([
      { ordinal: 0, added: 0, removed: join.sequence },
      { ordinal: 1, added: join.sequence, removed: null },
    ]);
    await settle(hypervisor, database, join, cancelled);
    expect(await memberships(database)).toEqual([{ ordinal: 0, added: 0, removed: null }]);
  });

  it('that joined a member again which was not removed replaces the membership', async () => {
    const { database, hypervisor, leave, join } = await leftAndJoined();
    await settle(hypervisor, database, leave, cancelled);
    await settle(hypervisor, database, join, succeeded);
    expect(await memberships(database)).toEqual([{ ordinal: 1, added: join.sequence, removed: null }]);
  });

  it('that repaired a network frees the membership whose removal had failed', async () => {
    const { database, hypervisor } = await fixture();
    const leave = await claimed(database, hypervisor, 'cen.leave', ['c1']);
    await database.write([
      statement("UPDATE members SET removed = :sequence WHERE container = 'c1'", { sequence: leave.sequence }),
    ]);
    await settle(hypervisor, database, leave, failed);
    expect(await memberships(database)).toEqual([{ ordinal: 0, added: 0, removed: leave.sequence }]);
    await settle(hypervisor, database, await claimed(database, hypervisor, 'cen.repair', []), succeeded);
    expect(await memberships(database)).toEqual([]);
  });

  it('that created a resource which never succeeded deletes the row', async () => {
    const { database, hypervisor } = await fixture();
    await database.write([
      statement("UPDATE containers SET applied_spec = NULL WHERE name = 'c2'"),
      statement('DELETE FROM members'),
    ]);
    await settle(hypervisor, database, await claimed(database, hypervisor, 'cen.join', ['c2']), failed);
    expect((await states(database)).map((row) => Reflect.get(Object(row), 'name'))).toEqual(['c1', 'lan-xxc1']);
  });
});

describe('the end of a removal', () => {
  it('that failed keeps the removal desired, and degrades the resource at once', async () => {
    const { database, hypervisor } = await fixture();
    await database.write([statement(`UPDATE cens SET spec = '{"made":false}', applied_spec = '{"made":true}'`)]);
    await settle(hypervisor, database, await claimed(database, hypervisor, 'cen.destroy', []), failed);
    expect((await states(database)).at(-1)).toEqual({
      name: 'lan-xxc1',
      state: 'degraded',
      spec: '{"made":false}',
      applied_spec: '{"made":true}',
      failed: 1,
    });
  });

  it('that was cancelled keeps the resource', async () => {
    const { database, hypervisor } = await fixture();
    await database.write([
      statement(`UPDATE cens SET spec = '{"made":false}', applied_spec = '{"made":true}', desired = 'absent'`),
    ]);
    await settle(hypervisor, database, await claimed(database, hypervisor, 'cen.delete', []), cancelled);
    expect((await states(database)).at(-1)).toMatchObject({ spec: '{"made":true}', failed: 0 });
    const [rows] = await database.read([statement('SELECT desired FROM cens')]);
    expect(rows).toEqual([{ desired: 'present' }]);
  });
});

describe('the end of a repair', () => {
  it('that failed five times in a row degrades the resource', async () => {
    const { database, hypervisor } = await fixture();
    const seen: unknown[] = [];
    for (let failure = 0; failure < 5; failure += 1) {
      const repair = await claimed(database, hypervisor, 'cen.repair', []);
      await database.write([
        statement("UPDATE operations SET status = 'failed', principal = 'executor' WHERE status = 'running'"),
      ]);
      await settle(hypervisor, database, repair, failed);
      seen.push(Reflect.get(Object((await states(database)).at(-1)), 'state'));
    }
    expect(seen).toEqual(['failed', 'failed', 'failed', 'failed', 'degraded']);
  });

  it('of a resource that has changed since is dropped', async () => {
    const { database, hypervisor } = await fixture();
    const repair = await claimed(database, hypervisor, 'cen.repair', []);
    expect(await changeOf(database, hypervisor, repair)).not.toBeNull();
    await database.write([statement('UPDATE cens SET generation = generation + 1')]);
    expect(await changeOf(database, hypervisor, repair)).toBeNull();
  });
});

describe('the idle resources', () => {
  const idle = (database: Database, hypervisor: string) =>
    loadIdle({ definition: networkDefinition, spec }, scanRows(database, hypervisor, [networkDefinition]), 'all');

  it('are all that no unfinished operation changes', async () => {
    const { database, hypervisor } = await fixture();
    const subjects = async () =>
      (await idle(database, hypervisor)).idle.map(({ subject }) => subject.split('/').at(-1));
    expect(await subjects()).toEqual(['c1', 'c2', 'lan-xxc1']);
    await claimed(database, hypervisor, 'cen.make', ['c1']);
    expect(await subjects()).toEqual(['c2']);
  });
});
