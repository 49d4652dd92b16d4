import { describe, expect, it } from 'vitest';
import { type Database, statement } from '../../../schema/database/database.ts';
import { Problem } from '../../../schema/problem.ts';
import { bridgesDefinition } from '../../../schema/resources/bridges.ts';
import type { ClaimedOperation, Ending } from '../../../schema/resources/definition.ts';
import { scanRows } from '../../../schema/store/idle.ts';
import { insertHypervisor, temporaryDatabase } from '../../../test/support/database.ts';
import { loadIdle } from '../../loop/reconcile/differences.ts';
import type { ObservedBridges } from './plan.ts';
import { bridgesSpec } from './spec.ts';

const refused = new Problem('impossible', 'not here').toJSON();
const refusal = JSON.stringify(refused);
const conflict = JSON.stringify(new Problem('conflict', 'something is in the way').toJSON());

interface Fixture {
  readonly database: Database;
  readonly hypervisor: string;
  readonly subject: string;
}

/** Associations as rows: interface, state and error of each. */
async function fixture(...rows: readonly (readonly [string, string, string | null])[]): Promise<Fixture> {
  const database = await temporaryDatabase();
  const hypervisor = await insertHypervisor(database);
  const subject = `hypervisors/${hypervisor}/bridges`;
  await database.write(
    rows.flatMap(([name, state, error], index) => {
      const args = { hypervisor, subnet: `subnet${index}`, name, state, error, index };
      return [
        statement("INSERT INTO subnets (id, metadata, revision, created_ms) VALUES (:subnet, '{}', 1, 0)", args),
        statement('INSERT INTO subnet_interfaces VALUES (:hypervisor, :subnet, :name, :state, :error, :index)', args),
      ];
    }),
  );
  return { database, hypervisor, subject };
}

const spec = bridgesSpec('weft:db/hypervisors/h/bridges');

function idle(rows: Fixture, changed: readonly string[] | 'all') {
  const kind = { definition: bridgesDefinition, spec };
  return loadIdle(kind, scanRows(rows.database, rows.hypervisor, [bridgesDefinition]), changed);
}

function operation(kind: string, resource: string): ClaimedOperation {
  return {
    sequence: 1,
    id: 'x',
    parentId: null,
    kind,
    resource,
    request: '{}',
    generation: 0,
    attempt: 1,
    deadlineInMs: 1000,
    lastError: null,
    cancelled: 0,
  };
}

async function changeOf(fixed: Fixture, claimed: ClaimedOperation) {
  const { statements, result } = bridgesDefinition.load(fixed.hypervisor, [claimed]);
  return spec.change(claimed, result(await fixed.database.read(statements))(claimed));
}

async function settle(fixed: Fixture, ending: Ending, observed: ObservedBridges | null) {
  const { database, hypervisor, subject } = fixed;
  const claimed = operation('subnets.change', subject);
  const change = await changeOf(fixed, claimed);
  if (change === null) throw new Error('it is not a repair');
  const end = spec.end(change, ending, observed);
  await database.write(bridgesDefinition.finish({ hypervisor, operation: claimed, ending, end }));
  const [rows] = await database.read([
    statement<object>("SELECT interface, state, error ->> '$.detail' AS error FROM subnet_interfaces ORDER BY subnet"),
  ]);
  return rows.map((row) => Object.values(row));
}

/** An operation on the bridges that ended so many seconds ago; null: it is unfinished. */
async function filed({ database, subject }: Fixture, principal: string, secondsAgo: number | null): Promise<void> {
  await database.write([
    statement(
      `INSERT INTO operations (id, hypervisor, kind, resource, request, generation, status, not_before_ms, deadline_ms, attempt, done, total, principal, created_ms, finished_ms)
       SELECT :id, id, 'bridges.repair', :subject, '{}', 0, 'succeeded', 0, 0, 1, 1, 1, :principal, 0, unixepoch() * 1000 - :ago FROM hypervisors`,
      { id: crypto.randomUUID(), subject, principal, ago: secondsAgo && secondsAgo * 1000 },
    ),
  ]);
}

async function waiting(rows: Fixture): Promise<Record<string, boolean>> {
  const [found] = (await idle(rows, 'all')).idle;
  return Object.fromEntries(found?.desired.interfaces.map(({ name, waits }) => [name, waits]) ?? []);
}

describe('the end of an operation', () => {
  it('that succeeded writes the observed state of each interface into all its rows', async () => {
    const rows = await fixture(['a', 'pending', null], ['b', 'failed', conflict], ['b', 'pending', null]);
    const bridge = { index: 1, name: 'b', alias: null, kind: 'bridge', mac: null, mtu: 1500, up: true };
    const links = [{ ...bridge, master: null, peer: null }];
    const observed = { links, refused: new Map([['a', refused]]) };
    expect(await settle(rows, { status: 'succeeded' }, observed)).toEqual([
      ['a', 'failed', 'not here'],
      ['b', 'ready', null],
      ['b', 'ready', null],
    ]);
  });

  it('that failed is the error of pending associations, and of no others', async () => {
    const rows = await fixture(['a', 'pending', null], ['b', 'ready', null]);
    const error = new Problem('deadline', 'too late').toJSON();
    expect(await settle(rows, { status: 'failed', error }, null)).toEqual([
      ['a', 'failed', 'too late'],
      ['b', 'ready', null],
    ]);
  });

  it('that was cancelled changes no row: the rows are the desired state', async () => {
    const rows = await fixture(['a', 'pending', null]);
    const error = new Problem('cancelled', 'nobody wants it').toJSON();
    expect(await settle(rows, { status: 'cancelled', error }, null)).toEqual([['a', 'pending', null]]);
  });
});

describe('an interface that the host refused', () => {
  it('waits, longer and longer; one that is occupied, or new, does not', async () => {
    const rows = await fixture(['a', 'failed', refusal], ['b', 'failed', conflict], ['c', 'pending', null]);
    expect(await waiting(rows)).toEqual({ a: false, b: false, c: false });
    await filed(rows, 'test', 29);
    expect(await waiting(rows)).toEqual({ a: true, b: false, c: false });
    await rows.database.write([statement('UPDATE operations SET finished_ms = finished_ms - 2000')]);
    expect(await waiting(rows)).toMatchObject({ a: false });
    await filed(rows, 'executor', 31);
    expect(await waiting(rows)).toMatchObject({ a: true });
    await rows.database.write([statement('UPDATE operations SET finished_ms = finished_ms - 30000')]);
    expect(await waiting(rows)).toMatchObject({ a: false });
  });

  it('is tried at once after a change of the associations', async () => {
    const rows = await fixture(['a', 'failed', refusal]);
    await filed(rows, 'executor', 1);
    expect(await waiting(rows)).toEqual({ a: true });
    await filed(rows, 'test', null);
    const change = await changeOf(rows, operation('subnets.change', rows.subject));
    expect(change?.after.interfaces).toMatchObject([{ name: 'a', waits: false }]);
  });
});

describe('the idle resource', () => {
  it('is the set of bridges, if no unfinished operation changes it and an event named it', async () => {
    const rows = await fixture(['a', 'ready', null]);
    const scan = async (changed: readonly string[] | 'all') => {
      const { idle: found, busy } = await idle(rows, changed);
      return [found.length, busy];
    };
    expect(await scan('all')).toEqual([1, []]);
    expect(await scan([rows.subject])).toEqual([1, []]);
    expect(await scan(['another'])).toEqual([0, []]);
    await rows.database.write([
      statement('INSERT INTO operation_subjects VALUES (:subject, 1)', { subject: rows.subject }),
    ]);
    expect(await scan('all')).toEqual([0, []]);
    expect(await scan([rows.subject])).toEqual([0, [rows.subject]]);
  });
});
