import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApp } from '../../functions/app.ts';
import { type Database, statement } from '../../schema/database/database.ts';
import { openEmbedded } from '../../schema/database/embedded.ts';
import { migrate } from '../../schema/database/migrate.ts';

/*
 * Cost of lists and allocations in large tables: the API's handlers on a large database, without a server in between.
 */

const SUBNET = 'c6430cba-648a-41aa-aee4-b59dacfc790d';
const TAKEN = 60_000;
const HISTORY = 1_000_000;
const BATCH = 50_000;
const TURNS = 200;

const insertTaken = `
  INSERT INTO addresses (subnet, offset, owner, operation, created_ms)
  WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${TAKEN}) SELECT '${SUBNET}', i, '', '', 0 FROM n`;

const insertHistory = `
  INSERT INTO operations (id, hypervisor, kind, resource, request, generation, status, not_before_ms, deadline_ms, attempt, done,
    total, principal, created_ms, finished_ms)
  WITH RECURSIVE n (i) AS (SELECT :from UNION ALL SELECT i + 1 FROM n WHERE i < :from + ${BATCH} - 1)
  SELECT 'history' || i, NULL, CASE i % 1000 WHEN 0 THEN 'rare' ELSE 'container.create' END, 'hypervisors/h/containers/c' || (i % 10000),
    '{}', 0, CASE WHEN i < 1000 THEN 'failed' ELSE 'succeeded' END, 0, 0, 1, 1, 1, 'bench', 0, 0 FROM n`;

const insertPromises = `
  INSERT INTO reservations (owner, hypervisor, memory, disk, cpu)
  WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) SELECT 'vm' || i, h.id, 1, 1, 1 FROM n, hypervisors h`;

function print(what: string, figure: string): void {
  console.log(`${what.padEnd(72)} ${figure}`);
}

async function median(what: string, turn: () => Promise<Response>, status: number, turns = TURNS): Promise<void> {
  const times: number[] = [];
  for (let count = 0; count < turns; count += 1) {
    const began = performance.now();
    const answer = await turn();
    await answer.text();
    times.push(performance.now() - began);
    if (answer.status !== status) throw new Error(`${what}: ${answer.status}`);
  }
  times.sort((left, right) => left - right);
  print(what, `p50 ${times[Math.floor(turns / 2)]?.toFixed(2)} ms`);
}

function client(database: Database): (method: string, path: string, body?: unknown) => Promise<Response> {
  const app = createApp(() => ({
    ...{ database, hosts: null, origins: new Set<string>(), adminToken: undefined, readBudget: 30 },
    report: (error) => {
      throw error;
    },
  }));
  return async (method, path, body) =>
    app.request(path, {
      method,
      headers: { host: 'localhost' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
}

const directory = mkdtempSync(join(tmpdir(), 'weft-bench-'));
const database = openEmbedded(join(directory, 'weft.db'));
try {
  await migrate(database);
  const ask = client(database);
  await ask('POST', '/subnets', { id: SUBNET, cidr: '10.0.0.0/8' });
  const reserve = () => ask('POST', `/subnets/${SUBNET}/addresses`, {});
  // Warm-up: a long-lived process runs compiled code.
  for (let turn = 0; turn < TURNS; turn += 1) await reserve();
  await median('reservation of the lowest free address, none taken', reserve, 201);
  await database.write([statement('DELETE FROM addresses'), statement(insertTaken)]);
  await median(`reservation of the lowest free address, ${TAKEN} taken`, reserve, 201);
  await median(`GET of the subnet, ${TAKEN} taken`, () => ask('GET', `/subnets/${SUBNET}`), 200);
  await ask('POST', '/hypervisors', { name: 'host1' });
  await database.write([statement(insertPromises)]);
  await median('GET of a hypervisor with 5,000 reservations', () => ask('GET', '/hypervisors/host1'), 200);
  for (let from = 0; from < HISTORY; from += BATCH) await database.write([statement(insertHistory, { from })]);
  const page = (query: string) =>
    median(`100 of a million operations, ${query}`, () => ask('GET', `/operations?${query}`), 200, 20);
  await page('limit=100');
  await page('subject=hypervisors/h/containers/c1');
  await page('status=failed');
  await page('status=pending');
  await page('kind=rare');
  await page('kind=rare&status=failed');
} finally {
  database.close();
  rmSync(directory, { recursive: true });
}
