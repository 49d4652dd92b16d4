import { expect, it } from 'vitest';
import { type Database, statement } from '../../../schema/database/database.ts';
import { label } from '../../../schema/names.ts';
import type { Labelled } from '../../../schema/resources/definition.ts';
import { CountingDatabase } from '../../../test/support/counting-database.ts';
import { insertHypervisor, temporaryDatabase } from '../../../test/support/database.ts';
import { networkRecords } from './comparer/records.ts';

const insertContainers = `
  INSERT INTO containers (id, hypervisor, name, spec, applied_spec, generation, desired, state, state_since_ms, created_ms, short_name)
  SELECT 'id of ' || value, :hypervisor, value, '{}', '{"namespace":true}', 1, 'present', 'ready', 0, 0, value FROM json_each(:names)`;

const insertCens = `
  INSERT INTO cens (id, hypervisor, name, spec, generation, desired, state, state_since_ms, created_ms, link_name)
  SELECT 'id of ' || value, :hypervisor, value, '{"made":true}', 1, 'present', 'ready', 0, 0, value FROM json_each(:names)`;

const list = (prefix: string, count: number) => Array.from({ length: count }, (_, number) => `${prefix}${number}`);

/** So many containers and networks, none of which an operation changes. */
async function fixture(count: number) {
  const plain: Database = await temporaryDatabase();
  const hypervisor = await insertHypervisor(plain);
  const names = (prefix: string) => ({ hypervisor, names: JSON.stringify(list(prefix, count)) });
  await plain.write([statement(insertContainers, names('c')), statement(insertCens, names('n'))]);
  const database = new CountingDatabase(plain);
  return { plain, database, hypervisor, records: networkRecords(database, { databaseId: 'db', hypervisor }) };
}

const namespace = (name: string, resource = `id of ${name}`): Labelled => ({
  ...{ kind: 'namespace', place: null, name, label: label('db', resource), resource },
});

const link = (name: string, resource: string): Labelled => ({
  ...{ kind: 'link', place: null, name, label: `${label('db', resource)} ${name}`, resource },
});

it('rows are read in pages, networks and containers in one request, and none is left out', async () => {
  const { database, records } = await fixture(1_001);
  const { idle: all } = await records.loadIdle('all');
  expect(new Set(all.map(({ eventNames: [id] }) => id))).toEqual(
    new Set([...list('c', 1_001), ...list('n', 1_001)].map((name) => `id of ${name}`)),
  );
  expect(database.take()).toEqual({ 'look.network': 3 });
});

it('what the rows that were read own is not asked for', async () => {
  const { database, records } = await fixture(3);
  const { idle: known } = await records.loadIdle('all');
  database.take();
  const labelled = [...list('c', 3).map((name) => namespace(name)), link('n0', 'id of n0'), link('c0.0o', 'id of n0')];
  expect(await records.findOrphans(labelled, known)).toEqual([]);
  expect(database.take()).toEqual({});
});

it('of the rest the rows are asked, in pages', async () => {
  const { plain, database, hypervisor, records } = await fixture(3);
  const { idle: known } = await records.loadIdle('all');
  database.take();
  await plain.write([
    statement(insertContainers, { hypervisor, names: '["new"]' }),
    statement(insertCens, { hypervisor, names: '["made"]' }),
  ]);
  const lost = list('lost', 1_001).map((name) => namespace(name));
  // A container's own namespace has its name, and its id is no network's.
  const odd = [namespace('other', 'id of c0'), link('odd', 'id of c0')];
  const bridge = link('eth1', `hypervisors/${hypervisor}/bridges`);
  const owned = [namespace('new'), link('made', 'id of made'), link('new.0o', 'id of made'), bridge];
  const found = await records.findOrphans([...owned, ...lost, ...odd], known);
  expect(new Set(found)).toEqual(new Set([...lost, ...odd]));
  expect(database.take()).toEqual({ 'look.orphans': 3 });
});
