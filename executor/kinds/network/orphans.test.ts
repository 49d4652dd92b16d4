import { expect, it } from 'vitest';
import { type Database, statement } from '../../../schema/database/database.ts';
import { label } from '../../../schema/names.ts';
import type { Labelled } from '../../../schema/resources/definition.ts';
import { networkDefinition } from '../../../schema/resources/network/definition.ts';
import { scanRows } from '../../../schema/store/idle.ts';
import { CountingDatabase } from '../../../test/support/counting-database.ts';
import { insertHypervisor, temporaryDatabase } from '../../../test/support/database.ts';
import { loadIdle } from '../../loop/reconcile/differences.ts';
import { networkSpec } from './spec.ts';

const insertContainers = `
  INSERT INTO containers (id, hypervisor, name, spec, applied_spec, generation, desired, state, state_since_ms, created_ms, short_name)
  SELECT 'id of ' || value, :hypervisor, value, '{}', '{"namespace":true}', 1, 'present', 'ready', 0, 0, value FROM json_each(:names)`;

const insertCens = `
  INSERT INTO cens (id, hypervisor, name, spec, generation, desired, state, state_since_ms, created_ms, link_name)
  SELECT 'id of ' || value, :hypervisor, value, '{"made":true}', 1, 'present', 'ready', 0, 0, value FROM json_each(:names)`;

const list = (prefix: string, count: number) => Array.from({ length: count }, (_, number) => `${prefix}${number}`);

/** This many containers and networks, none of which an operation is changing. */
async function fixture(count: number) {
  const plain: Database = await temporaryDatabase();
  const hypervisor = await insertHypervisor(plain);
  const names = (prefix: string) => ({ hypervisor, names: JSON.stringify(list(prefix, count)) });
  await plain.write([statement(insertContainers, names('c')), statement(insertCens, names('n'))]);
  const database = new CountingDatabase(plain);
  const rows = scanRows(database, hypervisor, [networkDefinition]);
  const idle = async () =>
    (await loadIdle({ definition: networkDefinition, spec: networkSpec('db') }, rows, 'all')).idle;
  return { plain, database, hypervisor, rows, idle };
}

const namespace = (name: string, resource = `id of ${name}`): Labelled => ({
  ...{ kind: 'namespace', place: null, name, label: label('db', resource), resource },
});

const link = (name: string, resource: string): Labelled => ({
  ...{ kind: 'link', place: null, name, label: `${label('db', resource)} ${name}`, resource },
});

const ownersOf = (idle: readonly { readonly owners?: readonly string[] }[]) =>
  new Set(idle.flatMap(({ owners }) => owners ?? []));

it('rows are read in pages, networks and containers in one request, and none is omitted', async () => {
  const { database, idle } = await fixture(1_001);
  const all = await idle();
  expect(new Set(all.map(({ eventNames: [id] }) => id))).toEqual(
    new Set([...list('c', 1_001), ...list('n', 1_001)].map((name) => `id of ${name}`)),
  );
  expect(database.take()).toEqual({ 'scan.network': 3 });
});

it('owners that were read with the rows are not queried', async () => {
  const { database, rows, idle } = await fixture(3);
  const known = ownersOf(await idle());
  database.take();
  const labelled = [...list('c', 3).map((name) => namespace(name)), link('n0', 'id of n0'), link('c0.0o', 'id of n0')];
  expect(await rows.findOrphans(labelled, known)).toEqual([]);
  expect(database.take()).toEqual({});
});

it('the other owners are queried in pages', async () => {
  const { plain, database, hypervisor, rows, idle } = await fixture(3);
  const known = ownersOf(await idle());
  database.take();
  await plain.write([
    statement(insertContainers, { hypervisor, names: '["new"]' }),
    statement(insertCens, { hypervisor, names: '["made"]' }),
  ]);
  const lost = list('lost', 1_001).map((name) => namespace(name));
  // A container's own namespace has its name, and its id is not that of a network.
  const odd = [namespace('other', 'id of c0'), link('odd', 'id of c0')];
  const bridge = link('eth1', `hypervisors/${hypervisor}/bridges`);
  const owned = [namespace('new'), link('made', 'id of made'), link('new.0o', 'id of made'), bridge];
  const found = await rows.findOrphans([...owned, ...lost, ...odd], known);
  expect(new Set(found)).toEqual(new Set([...lost, ...odd]));
  expect(database.take()).toEqual({ 'scan.orphans': 3 });
});
