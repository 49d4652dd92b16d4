import { describe, expect, it } from 'vitest';
import { type Database, statement } from '../../../schema/database/database.ts';
import { Problem } from '../../../schema/problem.ts';
import type { ClaimedOperation, Ending } from '../../../schema/resources/definition.ts';
import { networkDefinition } from '../../../schema/resources/network/definition.ts';
import { hostBlocksNote } from '../../../schema/resources/network/host-blocks.ts';
import { scanRows } from '../../../schema/store/idle.ts';
import { insertHypervisor, temporaryDatabase } from '../../../test/support/database.ts';
import { loadIdle } from '../../loop/reconcile/differences.ts';
import type { Network } from './desired.ts';
import { networkSpec } from './spec.ts';

const spec = networkSpec('db');
const succeeded: Ending = { status: 'succeeded' };
const failed: Ending = { status: 'failed', error: new Problem('conflict', 'something is in the way').toJSON() };

const resource = 'hypervisor, name, spec, applied_spec, generation, desired, state, state_since_ms, created_ms';
/** 10.10.0.0 */
const FIRST = 168_427_520;

/** A hypervisor with the CEN n1 of c1 and c2, the CEN n2 of c2 and c3, both made, and the CIN x over both. */
class Rows {
  readonly database: Database;
  readonly hypervisor: string;

  private constructor(database: Database, hypervisor: string) {
    this.database = database;
    this.hypervisor = hypervisor;
  }

  static async make(cinMade: boolean): Promise<Rows> {
    const database = await temporaryDatabase();
    const rows = new Rows(database, await insertHypervisor(database));
    const cens = { n1: ['c1', 'c2'], n2: ['c2', 'c3'] };
    await rows.run(
      `INSERT INTO containers (id, ${resource}, short_name)
       SELECT value, :hypervisor, value, '{"explicit":false}', '{"namespace":true}', 1, 'present', 'running', 0, 0, value
       FROM json_each('["c1","c2","c3"]')`,
    );
    await rows.run(
      `INSERT INTO cins (id, ${resource}, first, last, prefix, first_offset)
       VALUES ('x', :hypervisor, 'x', :spec, :spec, 1, 'present', 'ready', 0, 0, ${FIRST}, ${FIRST} + 65535, 16, 10)`,
      { spec: JSON.stringify({ made: cinMade }) },
    );
    for (const [position, [cen, members]] of Object.entries(cens).entries()) {
      await rows.run(
        `INSERT INTO cens (id, ${resource}, link_name)
         VALUES (:cen, :hypervisor, :cen, '{"made":true}', '{"made":true}', 1, 'present', 'ready', 0, 0, :cen)`,
        { cen },
      );
      await rows.run(
        `INSERT INTO members (cen, container, position, ordinal, outside, added)
         SELECT :cen, value, key, :position, value || '.' || :position || 'o', 0 FROM json_each(:members)`,
        { cen, position, members: JSON.stringify(members) },
      );
      await rows.run('INSERT INTO cin_cens (cin, cen, position, added) VALUES (:cin, :cen, :position, 0)', {
        ...{ cin: 'x', cen, position },
      });
    }
    return rows;
  }

  async run(sql: string, args: Record<string, string | number> = {}): Promise<void> {
    await this.database.write([
      statement(sql, sql.includes(':hypervisor') ? { ...args, hypervisor: this.hypervisor } : args),
    ]);
  }

  /** The rows of a table, as text in order of their names. */
  async read(sql: string): Promise<unknown[]> {
    const [rows] = await this.database.read([statement(sql)]);
    return [...rows];
  }

  /** An operation on all of the CIN, claimed by the executor. */
  async claimed(
    kind: string,
    own: string,
    subjects = ['cins/x', 'cens/n1', 'cens/n2', 'containers/c1', 'containers/c2', 'containers/c3'],
  ) {
    const { hypervisor } = this;
    const prefix = `hypervisors/${hypervisor}`;
    const [[row]] = await this.database.write([
      statement<{ sequence: number }>(
        `INSERT INTO operations (id, hypervisor, kind, resource, request, generation, status, not_before_ms, deadline_ms, attempt, done, total, principal, created_ms)
         VALUES (:id, :hypervisor, :kind, :resource, '{}', 0, 'running', 0, 0, 1, 0, 1, 'test', 0) RETURNING sequence`,
        { id: crypto.randomUUID(), hypervisor, kind, resource: `${prefix}/${own}` },
      ),
      statement(
        'INSERT INTO operation_subjects SELECT :prefix || value, (SELECT max(sequence) FROM operations) FROM json_each(:subjects)',
        {
          prefix: `${prefix}/`,
          subjects: JSON.stringify(subjects),
        },
      ),
    ]);
    const operation: ClaimedOperation = {
      ...{ sequence: row?.sequence ?? 0, id: 'o', parentId: null, kind, resource: `${prefix}/${own}`, request: '{}' },
      ...{ generation: 1, attempt: 1, deadlineInMs: 1000, lastError: null, cancelled: 0 },
    };
    return operation;
  }

  async changeOf(operation: ClaimedOperation) {
    const { statements, result } = networkDefinition.load(this.hypervisor, [operation]);
    return spec.change(operation, result(await this.database.read(statements))(operation));
  }

  async end(operation: ClaimedOperation, ending: Ending): Promise<void> {
    const { hypervisor, database } = this;
    const change = await this.changeOf(operation);
    if (change === null) throw new Error('the operation changes nothing');
    await database.write([
      ...networkDefinition.finish({ hypervisor, operation, ending, end: spec.end(change, ending, null) }),
      statement('DELETE FROM operation_subjects WHERE sequence = :sequence', { sequence: operation.sequence }),
    ]);
  }

  /** What a scan compares. */
  async idle(): Promise<Network[]> {
    const { database, hypervisor } = this;
    const { idle } = await loadIdle(
      { definition: networkDefinition, spec },
      scanRows(database, hypervisor, [networkDefinition]),
      'all',
    );
    return idle.map(({ desired }) => desired as Network);
  }
}

/** What a network desires of addresses, bridges and isolation, in words. */
function inWords({ namespaces, segments, isolations }: Network): string[] {
  return [
    ...namespaces.flatMap(({ name, addressing }) => [
      ...(addressing?.addresses ?? []).map(
        ({ end, address, present }) => `${name} ${present ? 'has' : 'lacks'} ${address} on ${end.split(' ')[1]}`,
      ),
      ...(addressing === undefined ? [] : [`${name} via ${addressing.defaultRoute?.via ?? 'nothing'}`]),
    ]),
    ...segments.flatMap(({ name, cin }) =>
      cin === undefined
        ? []
        : [
            `${name} ${cin.made ? 'is a bridge' : 'is free'}, ${cin.gateway.present ? 'with' : 'without'} ${cin.gateway.address}`,
            ...(cin.uplink === null ? [] : [`${name} is joined to ${cin.uplink.bridge}`]),
          ],
    ),
    ...isolations.map(
      ({ name, present, bridges }) => `${name} ${present ? `isolates ${bridges.join(' ')}` : 'isolates nothing'}`,
    ),
  ];
}

const made = [
  'c1 has 10.10.0.10 on c1.0i',
  'c1 via 10.10.0.1',
  'c2 has 10.10.0.11 on c2.0i',
  'c2 lacks 10.10.0.11 on c2.1i',
  'c2 via 10.10.0.1',
  'c3 has 10.10.0.12 on c3.1i',
  'c3 via 10.10.0.1',
  'n1 is a bridge, with 10.10.0.1',
  'n2 is a bridge, without 10.10.0.1',
  'n2 is joined to n1',
  'x isolates n1 n2',
];

const destroyed = [
  'c1 lacks 10.10.0.10 on c1.0i',
  'c1 via nothing',
  'c2 lacks 10.10.0.11 on c2.0i',
  'c2 lacks 10.10.0.11 on c2.1i',
  'c2 via nothing',
  'c3 lacks 10.10.0.12 on c3.1i',
  'c3 via nothing',
  'n1 is free, without 10.10.0.1',
  'n2 is free, without 10.10.0.1',
  'x isolates nothing',
];

it.each([
  ['{}', 'off'],
  ['{"cin_forwarding":"off"}', 'off'],
  ['{"cin_forwarding":"on"}', 'on'],
  ['{"cin_forwarding":"nat","other":"x"}', 'nat'],
  // Set before weft knew the key.
  ['{"cin_forwarding":"yes"}', 'off'],
])('with the config %s operations and scans desire that a CIN forwards: %s', async (config, forwarding) => {
  const rows = await Rows.make(true);
  await rows.run('UPDATE hypervisors SET config = :config WHERE id = :hypervisor', { config });
  const change = await rows.changeOf(await rows.claimed('cin.repair', 'cins/x'));
  expect(change?.after.isolations).toMatchObject([{ name: 'x', forwarding }]);
  await rows.run('DELETE FROM operation_subjects');
  const idle = await rows.idle();
  expect(idle.flatMap(({ isolations }) => isolations)).toEqual(change?.after.isolations);
});

describe('an operation', () => {
  it.each([
    ['cin.make', false, destroyed, made],
    ['cin.destroy', true, made, destroyed],
    ['cin.delete', true, made, destroyed],
  ] as const)('%s of a CIN changes all that it consists of', async (kind, isMade, before, after) => {
    const rows = await Rows.make(isMade);
    const change = await rows.changeOf(await rows.claimed(kind, 'cins/x'));
    expect(change && [inWords(change.before).sort(), inWords(change.after).sort()]).toEqual([before, after]);
  });

  it('that destroys the first CEN moves the gateway, and the address of a container that is in another one', async () => {
    const rows = await Rows.make(true);
    const subjects = ['cens/n1', 'cins/x', 'cens/n2', 'containers/c1', 'containers/c2'];
    const change = await rows.changeOf(await rows.claimed('cen.destroy', 'cens/n1', subjects));
    expect(change && inWords(change.after)).toEqual([
      'c1 lacks 10.10.0.10 on c1.0i',
      'c1 via nothing',
      'c2 lacks 10.10.0.11 on c2.0i',
      'c2 has 10.10.0.11 on c2.1i',
      'c2 via 10.10.0.1',
      'n1 is a bridge, without 10.10.0.1',
      'n1 is joined to n2',
      'n2 is a bridge, with 10.10.0.1',
      'x isolates n1 n2',
    ]);
    expect(change?.after.segments.map((segment) => [segment.name, segment.made])).toEqual([
      ['n1', false],
      ['n2', true],
    ]);
  });

  it('that takes a CEN out of a CIN takes the addresses of its containers, but of those in another one', async () => {
    const rows = await Rows.make(true);
    const operation = await rows.claimed('cin.import', 'cins/x');
    await rows.run("UPDATE cin_cens SET removed = :sequence WHERE cen = 'n1'", { sequence: operation.sequence });
    const change = await rows.changeOf(operation);
    expect(change && inWords(change.before).sort()).toEqual(made);
    expect(change && inWords(change.after).sort()).toEqual([
      'c1 lacks 10.10.0.10 on c1.0i',
      'c1 via nothing',
      'c2 has 10.10.0.11 on c2.1i',
      'c2 lacks 10.10.0.11 on c2.0i',
      'c2 via 10.10.0.1',
      'c3 has 10.10.0.12 on c3.1i',
      'c3 via 10.10.0.1',
      'n1 is free, without 10.10.0.1',
      'n2 is a bridge, with 10.10.0.1',
      'x isolates n2',
    ]);
    await rows.end(operation, succeeded);
    expect(await rows.read('SELECT container FROM cin_addresses ORDER BY offset')).toEqual([
      { container: null },
      { container: 'c2' },
      { container: 'c3' },
    ]);
  });

  it('that fails to take a CEN out of a CIN leaves it in', async () => {
    const rows = await Rows.make(true);
    const operation = await rows.claimed('cin.import', 'cins/x');
    await rows.run("UPDATE cin_cens SET removed = :sequence WHERE cen = 'n1'", { sequence: operation.sequence });
    await rows.end(operation, failed);
    expect(await rows.read('SELECT cen, removed FROM cin_cens ORDER BY cen')).toEqual([
      { cen: 'n1', removed: null },
      { cen: 'n2', removed: null },
    ]);
  });

  it('of a join gives the new container its address', async () => {
    const rows = await Rows.make(true);
    const operation = await rows.claimed('cen.join', 'cens/n1', ['cens/n1', 'containers/c3']);
    await rows.run(
      "INSERT INTO members (cen, container, position, ordinal, outside, added) VALUES ('n1', 'c3', 2, 0, 'c3.0o', :sequence)",
      { sequence: operation.sequence },
    );
    const change = await rows.changeOf(operation);
    expect(change && inWords(change.after).filter((words) => words.startsWith('c3'))).toEqual([
      'c3 has 10.10.0.12 on c3.0i',
      'c3 lacks 10.10.0.12 on c3.1i',
      'c3 via 10.10.0.1',
    ]);
  });
});

describe('the end of an operation', () => {
  const state = (rows: Rows) => rows.read('SELECT state, spec, applied_spec, error IS NOT NULL AS failed FROM cins');

  it.each([
    ['cin.make', succeeded, [{ state: 'ready', spec: '{"made":true}', applied_spec: '{"made":true}', failed: 0 }]],
    ['cin.make', failed, [{ state: 'failed', spec: '{"made":false}', applied_spec: '{"made":false}', failed: 1 }]],
  ] as const)('%s that %j is recorded', async (kind, ending, expected) => {
    const rows = await Rows.make(false);
    await rows.run('UPDATE cins SET spec = \'{"made":true}\', generation = 2');
    await rows.end(await rows.claimed(kind, 'cins/x'), ending);
    expect(await state(rows)).toEqual(expected);
  });

  it('of a destroy that failed keeps it to be destroyed', async () => {
    const rows = await Rows.make(true);
    await rows.run('UPDATE cins SET spec = \'{"made":false}\', generation = 2');
    await rows.end(await rows.claimed('cin.destroy', 'cins/x'), failed);
    expect(await state(rows)).toEqual([
      { state: 'degraded', spec: '{"made":false}', applied_spec: '{"made":true}', failed: 1 },
    ]);
  });

  it('of a deletion removes the CIN and its addresses, and nothing else', async () => {
    const rows = await Rows.make(true);
    await rows.run("UPDATE cins SET desired = 'absent', spec = '{\"made\":false}', generation = 2");
    await rows.end(await rows.claimed('cin.delete', 'cins/x'), succeeded);
    expect(
      await rows.read('SELECT (SELECT count(*) FROM cins) AS cins, (SELECT count(*) FROM cin_cens) AS cin_cens'),
    ).toEqual([{ cins: 0, cin_cens: 0 }]);
    expect(await rows.read('SELECT count(*) AS count FROM cin_addresses')).toEqual([{ count: 0 }]);
    expect(await rows.read('SELECT count(*) AS count FROM members')).toEqual([{ count: 4 }]);
  });
});

describe('a scan', () => {
  it.each([
    [true, made],
    [false, destroyed],
  ])('desires the same as the last operation, if made is %s', async (isMade, words) => {
    const rows = await Rows.make(isMade);
    expect((await rows.idle()).flatMap(inWords).sort()).toEqual(words);
  });

  it('does not compare what an operation is changing', async () => {
    const rows = await Rows.make(true);
    await rows.claimed('cin.destroy', 'cins/x');
    expect((await rows.idle()).flatMap(inWords)).toEqual([]);
  });
});

describe('the blocks that the host uses', () => {
  const block = (first: number, last: number, used_by: string) => ({ first, last, used_by });

  it('are recorded, without those of CINs, and forgotten with their use', async () => {
    const rows = await Rows.make(true);
    const record = (...blocks: Parameters<typeof hostBlocksNote.statements>[1][number][]) =>
      rows.database.write(hostBlocksNote.statements(rows.hypervisor, blocks));
    const recorded = () => rows.read('SELECT first, last, used_by FROM host_blocks ORDER BY first');
    await record(block(1, 9, 'a route'), block(FIRST, FIRST + 65_535, 'a gateway'), block(20, 29, 'an address'));
    expect(await recorded()).toEqual([block(1, 9, 'a route'), block(20, 29, 'an address')]);
    await record(block(1, 9, 'another route'));
    expect(await recorded()).toEqual([block(1, 9, 'another route')]);
  });
});
