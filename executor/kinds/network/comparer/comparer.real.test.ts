import { execFileSync } from 'node:child_process';
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Database, statement } from '../../../../schema/database/database.ts';
import { openEmbedded } from '../../../../schema/database/embedded.ts';
import { migrate } from '../../../../schema/database/migrate.ts';
import { label, labelPrefix } from '../../../../schema/names.ts';
import { readConfiguration } from '../../../../schema/process/configuration.ts';
import { networkDefinition } from '../../../../schema/resources/network/definition.ts';
import { networkSubject } from '../../../../schema/resources/network/rollback.ts';
import { scanRows } from '../../../../schema/store/idle.ts';
import { isolationInMemory } from '../../../../test/doubles/isolation.ts';
import { temporaryDirectory } from '../../../../test/support/database.ts';
import { clearHost, ip } from '../../../../test/support/host.ts';
import { startLibsqlServer } from '../../../../test/support/libsql-server.ts';
import { until } from '../../../../test/support/until.ts';
import { type NetnsDriver, openNetnsDriver } from '../../../drivers/netns/driver.ts';
import { converge } from '../../../loop/converge.ts';
import { Lease } from '../../../loop/lease.ts';
import { type Compare, type Comparison, comparing, loadIdle } from '../../../loop/reconcile/differences.ts';
import { netns } from '../../../peers/netns.ts';
import { network } from '../index.ts';
import { networkResource } from '../resource.ts';
import { networkSpec } from '../spec.ts';
import { openComparer } from './comparer.ts';

const of = { databaseId: crypto.randomUUID(), hypervisor: crypto.randomUUID() };

const insertContainer = `
  INSERT INTO containers (id, hypervisor, name, spec, applied_spec, generation, desired, state, state_since_ms, created_ms, short_name)
  VALUES (:name, :hypervisor, :name, '{"explicit":true}', '{"namespace":true}', 3, :desired, 'ready', 0, 0, :name)`;

const insertCen = `
  INSERT INTO cens (id, hypervisor, name, spec, applied_spec, generation, desired, state, state_since_ms, created_ms, link_name)
  VALUES (:name, :hypervisor, :name, '{"made":true}', '{"made":true}', 5, 'present', 'ready', 0, 0, :name)`;

const insertMember = `
  INSERT INTO members (cen, container, position, ordinal, outside, added)
  VALUES (:cen, :container, :position, :ordinal, :outside, 0)`;

/** Networks of containers; the index of a network in a container's list is the container's ordinal there. */
const networks: Readonly<Record<string, readonly string[]>> = {
  wire: ['c1', 'c2'],
  bridge: ['c1', 'c2', 'c3'],
  other: ['c3', 'c4', 'c5', 'c6'],
  last: ['c5', 'c6'],
};

const names = ['c1', 'c2', 'c3', 'c4', 'c5', 'c6', 'c7', 'c8'];

async function writeRows(database: Database): Promise<void> {
  const ordinals = new Map<string, number>();
  const members = Object.entries(networks).flatMap(([cen, containers]) =>
    containers.map((container, position) => {
      const ordinal = ordinals.get(container) ?? 0;
      ordinals.set(container, ordinal + 1);
      return statement(insertMember, { cen, container, position, ordinal, outside: `${container}.${ordinal}o` });
    }),
  );
  const { hypervisor } = of;
  await database.write([
    ...names.map((name) => statement(insertContainer, { name, hypervisor, desired: 'present' })),
    ...Object.keys(networks).map((name) => statement(insertCen, { name, hypervisor })),
    ...members,
  ]);
}

/** A host without drift, and both ways to compare it with its rows. */
async function start(): Promise<{
  readonly file: string;
  readonly database: Database;
  readonly driver: NetnsDriver;
  readonly inThread: Compare;
  readonly inPlace: Compare;
}> {
  onTestFinished(clearHost);
  const file = join(temporaryDirectory(), 'weft.db');
  const database = openEmbedded(file);
  onTestFinished(() => database.close());
  await migrate(database);
  await writeRows(database);
  const driver = await openNetnsDriver();
  onTestFinished(() => driver.close());
  const kind = {
    definition: networkDefinition,
    spec: networkSpec(of.databaseId),
    resource: networkResource({ driver, isolation: isolationInMemory() }),
  };
  const rows = scanRows(database, of.hypervisor, [networkDefinition]);
  const { idle } = await loadIdle(kind, rows, 'all');
  for (const { desired } of idle) {
    await converge(kind.resource, desired, { check: () => undefined, remaining: () => undefined });
  }
  const comparer = await openComparer(
    { database: { url: `file:${file}`, authToken: undefined }, ...of, containers: null },
    { log: () => undefined },
  );
  onTestFinished(() => comparer.close());
  const inPlace = comparing(kind, rows, labelPrefix(of.databaseId));
  return { file, database, driver, inThread: comparer.compare, inPlace };
}

/** Manual changes of the host, or of the rows. */
async function drift(database: Database, driver: NetnsDriver): Promise<void> {
  // c1: its end of the wire is down. c2: has lost its link in the bridge. c3: its port is in no bridge. c4: was
  // deleted.
  ip('-n', 'c1', 'link', 'set', 'wire', 'down');
  ip('-n', 'c2', 'link', 'delete', 'bridge');
  ip('link', 'set', 'c3.1o', 'nomaster');
  ip('netns', 'delete', 'c4');
  // The last wire is renamed at one end, and unlabelled at the other.
  ip('-n', 'c5', 'link', 'set', 'last', 'down', 'name', 'renamed');
  execFileSync('ip', ['-n', 'c6', 'link', 'set', 'last', 'alias', '']);
  // c7 belongs to another resource now; c8 is no longer desired.
  ip('netns', 'delete', 'c7');
  ip('netns', 'add', 'c7');
  await database.write([statement("UPDATE containers SET desired = 'absent' WHERE name = 'c8'")]);
  // Orphans: a namespace, a bridge, and a link in a container.
  await driver.createNamespace({ name: 'lost', label: label(of.databaseId, 'lost') });
  await driver.createBridge({
    name: 'lost0',
    alias: `${label(of.databaseId, 'gone')} lost0`,
    mac: '02:00:00:00:00:01',
  });
  ip('-n', 'c3', 'link', 'add', 'lost1', 'type', 'veth', 'peer', 'name', 'lost2');
  execFileSync('ip', ['-n', 'c3', 'link', 'set', 'lost1', 'alias', `${label(of.databaseId, 'gone')} lost1`]);
}

const sorted = ({ differences, orphans }: Comparison) => ({
  differences: differences.toSorted((one, other) => one.subject.localeCompare(other.subject)),
  labelled: orphans?.labelled,
  orphans: orphans?.orphans.toSorted((one, other) => one.name.localeCompare(other.name)),
});

describe('the thread', () => {
  it('finds the same as a comparison in the calling thread, for each kind of drift', async () => {
    const { database, driver, inThread, inPlace } = await start();
    const asWanted = { differences: [], busy: [], orphans: { labelled: expect.any(Number), orphans: [] } };
    expect(await inThread('all')).toEqual(asWanted);
    await drift(database, driver);
    const found = sorted(await inThread('all'));
    expect(found).toEqual(sorted(await inPlace('all')));
    const own = (name: string) => networkSubject(of.hypervisor, name in networks ? 'cens' : 'containers', name);
    expect(found.differences.map((each) => each.subject)).toEqual(
      ['bridge', 'last', 'other', 'wire', 'c4', 'c7', 'c8'].map(own),
    );
    const of7 = found.differences.find((each) => each.subject === own('c7'));
    expect(of7).toMatchObject({
      generation: 3,
      steps: [],
      problem: { code: 'conflict' },
      repairKind: 'container.repair',
    });
    expect(found.differences.find((each) => each.subject === own('c8'))?.removes).toBe(true);
    expect(found.orphans?.map(({ name }) => name)).toEqual(['lost', 'lost0', 'lost1']);
    for (const changed of [['bridge'], ['c7'], ['wire', 'c4', 'c8', 'c1', 'unknown']]) {
      const named = sorted(await inThread(changed));
      expect(named).toEqual(sorted(await inPlace(changed)));
      expect(named.differences.length).toBeGreaterThan(0);
    }
  });

  it('skips a resource that an operation is changing', async () => {
    const { database, inThread } = await start();
    ip('netns', 'delete', 'c8');
    ip('netns', 'delete', 'c7');
    await database.write([
      statement('INSERT INTO operation_subjects VALUES (:subject, 1)', {
        subject: networkSubject(of.hypervisor, 'containers', 'c8'),
      }),
    ]);
    expect((await inThread('all')).differences.map((each) => each.subject)).toEqual([
      networkSubject(of.hypervisor, 'containers', 'c7'),
    ]);
    expect(await inThread(['c8'])).toEqual({ differences: [], busy: ['c8'], orphans: null });
  });

  it('reports a database that is away with the executor’s own error, and nothing of the host', async () => {
    const { file, inThread, inPlace } = await start();
    await inThread('all');
    renameSync(file, `${file}.away`);
    // A read checks the file only now and then, and each connection by its own clock.
    const failureOf = async (compare: Compare) => {
      const failures: unknown[] = [];
      await until('the missing file is noticed', async () => {
        await compare('all').catch((error: unknown) => failures.push(error));
        return failures.length > 0;
      });
      return failures[0];
    };
    const met = await failureOf(inThread);
    expect(met).toMatchObject({ name: 'DatabaseError', code: 'unavailable', reason: 'removed' });
    expect(await failureOf(inPlace)).toEqual(met);
    renameSync(`${file}.away`, file);
    expect((await inThread('all')).differences).toEqual([]);
  });

  it('reads from a libSQL server, too, and reports when that is away', async () => {
    const { file, inPlace } = await start();
    const server = await startLibsqlServer(file);
    let closed = false;
    const close = async () => {
      if (!closed) await server.close();
      closed = true;
    };
    onTestFinished(close);
    const comparer = await openComparer(
      { database: { url: server.url, authToken: undefined }, ...of, containers: null },
      { log: () => undefined },
    );
    onTestFinished(() => comparer.close());
    ip('netns', 'delete', 'c8');
    expect(await comparer.compare('all')).toEqual(await inPlace('all'));
    await close();
    await expect(comparer.compare('all')).rejects.toMatchObject({ name: 'DatabaseError', code: 'unavailable' });
  });

  it('does all scans of containers and networks for the executor', async () => {
    const { file } = await start();
    const nothing = async () => {
      throw new Error('it writes nothing outside of operations');
    };
    const log = pino({ level: 'silent' });
    const configuration = readConfiguration({ WEFT_STATE_DIR: temporaryDirectory() });
    const peer = await netns.open({ configuration, databaseId: of.databaseId, log, expires: new Lease(1_000).expires });
    onTestFinished(() => peer.close());
    const { kind, close } = await network.open(peer, {
      ...{
        configuration,
        log,
        record: nothing,
        recordAtStart: async () => [],
        peer: () => undefined,
        statisticsMs: 1_000,
      },
      registration: { ...of, name: 'host1', epoch: 1, restoreGeneration: 0, sequence: 0 },
      address: { url: `file:${file}`, authToken: undefined },
    });
    onTestFinished(async () => close?.());
    ip('netns', 'delete', 'c8');
    for (const changed of ['all', ['c8', 'bridge']] as const) {
      const found = await kind.compare?.(changed);
      expect(found?.differences.map((each) => each.subject)).toEqual([
        networkSubject(of.hypervisor, 'containers', 'c8'),
      ]);
    }
  });
});
