import { type Database, now, type Statement, statement } from '../../../schema/database/database.ts';
import { migrate } from '../../../schema/database/migrate.ts';
import { type Ask, client } from '../../support/api.ts';
import { deleteRows, insertHypervisor, preparedDatabase } from '../../support/database.ts';
import { EMPTY_SUBNET, FAILED, FLEET, PENDING, SUBNET } from './writes.ts';

/** What an executor writes for a success, except for the observed state. */
const succeed = [
  statement(`UPDATE operations SET status = 'succeeded', done = total, attempt = 1, started_ms = created_ms, finished_ms = created_ms
    WHERE status = 'pending' AND id <> '${PENDING}'`),
  statement(`UPDATE operations SET result = '{"exit_code":0}' WHERE kind = 'container.exec'`),
  statement('DELETE FROM operation_subjects'),
  statement('DELETE FROM members WHERE removed IS NOT NULL'),
  statement('DELETE FROM cin_cens WHERE removed IS NOT NULL'),
  statement("DELETE FROM cins WHERE desired = 'absent'"),
  statement("DELETE FROM cens WHERE desired = 'absent'"),
  statement("DELETE FROM containers WHERE desired = 'absent'"),
  statement("DELETE FROM cpools WHERE desired = 'absent'"),
  statement("DELETE FROM images WHERE desired = 'absent'"),
  statement("DELETE FROM vlan_networks WHERE desired = 'absent'"),
  statement("DELETE FROM domains WHERE desired = 'absent'"),
];

const insertProcess = `
  INSERT INTO spp_processes (hypervisor, process, type, connected, stale, status, body, version, since_ms)
  SELECT id, :process, :type, 1, 0, '{}', '{}', 1, 0 FROM hypervisors WHERE name = 'host1'`;

const processes: readonly Statement<never>[] = ['primary', 'vf', 'nfv', 'mirror', 'pcap'].map((type, process) =>
  statement(insertProcess, { process, type }),
);

const insertOperation = `
  INSERT INTO operations (id, hypervisor, kind, resource, request, generation, status, not_before_ms, deadline_ms, attempt, done,
    total, principal, created_ms, error)
  SELECT :operation, id, 'container.create', 'hypervisors/' || id || '/containers/z', '{"contID":"z"}', 0, :status, 0, 9e15, 0, 0, 1,
    'local', 0, :error FROM hypervisors WHERE name = 'host1'`;

/** An API whose database makes every accepted operation succeed at once, with one resource of each kind in it. */
export async function apiWithEverything(): Promise<{ readonly database: Database; readonly ask: Ask }> {
  const database = await databaseWithEverything();
  await database.write([statement(`UPDATE hypervisors SET last_seen_ms = ${now} WHERE last_seen_ms IS NOT NULL`)]);
  return { database, ask: succeeding(database) };
}

function succeeding(database: Database): Ask {
  const write: Database['write'] = async (statements, options) => {
    const rows = await database.write(statements, options);
    if (options?.call === 'accept') await database.write(succeed);
    return rows;
  };
  return client({
    write,
    read: (...args) => database.read(...args),
    subscribe: (...args) => database.subscribe(...args),
    close: () => undefined,
  });
}

const databaseWithEverything = preparedDatabase(async (database) => {
  await migrate(database);
  const ask = succeeding(database);
  const technologies = ['netns', 'containers', 'spp', 'libvirt', 'ovs'];
  const capabilities = Object.fromEntries(technologies.map((name) => [name, { available: true, version: null }]));
  await insertHypervisor(database, 'host1', JSON.stringify(capabilities));
  await database.write([statement('UPDATE hypervisors SET total_memory = 1000, total_disk = 10000, total_cpu = 4')]);
  const requests: readonly [string, string, unknown?][] = [
    ['POST', '/hypervisors', { id: FLEET }],
    ['POST', '/subnets', { id: SUBNET, cidr: '10.7.0.0/24' }],
    ['POST', '/subnets', { id: EMPTY_SUBNET, cidr: '10.8.0.0/24' }],
    ['POST', `/subnets/${SUBNET}/addresses`, { address: '10.7.0.1' }],
    ['PATCH', `/hypervisors/${FLEET}/subnets`, { [SUBNET]: 'br0' }],
    ['POST', '/cen/import', { cenList: [{ cenID: 'lan', containerIDs: ['a', 'b'] }] }],
    ['PUT', '/cen/alone'],
    ['POST', '/cin/import', { net: ['lan'] }],
    ['POST', '/images', { name: 'lab/alone:1' }],
    ['POST', '/networks/vlan:10', { bridge: 'br0', vlan: 10 }],
    ['POST', '/hosts/vm', { memory: 1, disks: [1], networks: [] }],
    ['PUT', '/host/host1/p', { image: 'registry.example/x:2' }],
    ['POST', '/cpool', { cpoolList: [{ cpoolID: 'pool', type: 'netns', start_with: 1, cins: [] }] }],
  ];
  for (const request of requests) {
    const { status } = await ask(...request);
    if (status >= 300) throw new Error(`${request[0]} ${request[1]}: ${status}`);
  }
  await database.write([
    ...processes,
    statement(`INSERT INTO orphans (hypervisor, kind, place, name, label, scans, first_seen_ms)
      SELECT id, 'image', '', 'lost:1', 'weft:x', 1, 0 FROM hypervisors WHERE name = 'host1'`),
    statement(insertOperation, { operation: PENDING, status: 'pending', error: null }),
    statement(insertOperation, { operation: FAILED, status: 'failed', error: '{"detail":"it failed"}' }),
  ]);
});

/** Deletes everything but the log of operations. */
export function forgetEverything(database: Database): Promise<void> {
  return deleteRows(database, 'operations', 'events');
}
