import { type Database, statement } from '../../schema/database/database.ts';
import { type Ask, client } from '../support/api.ts';
import { temporaryDatabase } from '../support/database.ts';
import { SUBNET } from './hypervisors-server.ts';

/* Every list of the API, and how a test walks through it while rows are added and removed. */

export const HOST = '00000000-0000-4000-8000-000000000001';
const OTHER_HOST = '00000000-0000-4000-8000-000000000002';

/** A list, whose rows are numbered from 1 in its own order. */
export interface ListCase {
  readonly path: string;
  /** `Link`: lists of older daemons, bare arrays; `next`: weft's own, in a member of this name. */
  readonly style: 'Link' | { readonly member: string };
  readonly add: (fleet: Fleet, number: number) => Promise<unknown>;
  readonly remove: (fleet: Fleet, number: number) => Promise<unknown>;
  /** The numbers of the rows in a body's list. */
  readonly numbers: (rows: unknown) => number[];
}

export interface Fleet {
  readonly database: Database;
  readonly ask: Ask;
}

/** Two hypervisors that appear to be alive, a subnet, and nothing else. */
export async function aFleetOfTwo(): Promise<Fleet> {
  const database = await temporaryDatabase();
  const insert = `
    INSERT INTO hypervisors (id, name, epoch, capabilities, created_ms, last_seen_ms)
    SELECT :id, :name, 1, :capabilities, 0, CAST(unixepoch('subsec') * 1000 AS INTEGER)`;
  const available = { available: true, version: null };
  const capabilities = JSON.stringify({ netns: available, containers: available, libvirt: available, ovs: available });
  const hosts = [
    { id: HOST, name: 'host1' },
    { id: OTHER_HOST, name: 'host2' },
  ];
  await database.write(hosts.map((host) => statement(insert, { ...host, capabilities })));
  const fleet = { database, ask: client(database) };
  await must(fleet, 'POST', '/subnets', { id: SUBNET, cidr: '10.7.0.0/16' });
  return fleet;
}

/** A request that must succeed; returns its body. Work of an executor is not waited for. */
export async function must<Body = Record<string, unknown>>(
  { ask }: Fleet,
  method: string,
  path: string,
  body?: unknown,
): Promise<Body> {
  const answer = await ask(method, path, body, { prefer: 'respond-async' });
  const text = await answer.text();
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return JSON.parse(text);
}

/** `…-000000000042` */
function uuid(number: number): string {
  return `aaaaaaaa-aaaa-4aaa-8aaa-${String(number).padStart(12, '0')}`;
}

function numberIn(id: unknown): number {
  return Number(/(\d+)$/.exec(String(id))?.[1]);
}

/** Numbers of the rows that the test has made, in the order of the list. */
function numbersOf(rows: unknown, idOf: (row: Record<string, unknown>) => unknown, isOurs = (_id: unknown) => true) {
  return (rows as Record<string, unknown>[]).map(idOf).filter(isOurs).map(numberIn);
}

const isUuid = (id: unknown) => String(id).startsWith('aaaaaaaa-');

function run(sql: string) {
  return (fleet: Fleet, number: number) => fleet.database.write([statement(sql, { number, id: uuid(number) })]);
}

const process = (hypervisor: string): Pick<ListCase, 'add' | 'remove' | 'numbers'> => ({
  add: run(`
    INSERT INTO spp_processes (hypervisor, process, type, connected, stale, status, body, version, since_ms)
    SELECT '${hypervisor}', :number, 'nfv', 1, 0, '{}', '{}', 1, 0`),
  remove: run(`UPDATE spp_processes SET connected = 0 WHERE hypervisor = '${hypervisor}' AND process = :number`),
  numbers: (rows) => numbersOf(rows, (row) => row['client-id']),
});

export const processes: ListCase = { path: '/v1/processes', style: 'Link', ...process(OTHER_HOST) };
export const processesOfOne: ListCase = { path: '/hypervisors/host1/v1/processes', style: 'Link', ...process(HOST) };

/** These lists are in the order of names. */
const named = (number: number) => `n${String(number).padStart(5, '0')}`;

/** CENs or CINs of host1. */
function networks(path: string, table: 'cens' | 'cins'): ListCase {
  const at = '/hypervisors/host1';
  return {
    path,
    style: { member: table },
    add: (fleet, number) =>
      table === 'cens'
        ? must(fleet, 'PUT', `${at}/cen/${named(number)}`)
        : must(fleet, 'POST', `${at}/cin/import`, { [named(number)]: [] }),
    remove: run(`UPDATE ${table} SET desired = 'absent' WHERE name = printf('n%05d', :number)`),
    numbers: (rows) => numbersOf(rows, ({ cenID, cinID }) => cenID ?? cinID),
  };
}

/** Pools of host1, without containers. */
function pools(path: string): ListCase {
  return {
    path,
    style: { member: 'cpools' },
    add: (fleet, number) =>
      must(fleet, 'POST', '/hypervisors/host1/cpool', {
        cpoolList: [{ cpoolID: named(number), type: 'netns', start_with: 0, cins: [] }],
      }),
    remove: run("UPDATE cpools SET desired = 'absent' WHERE name = printf('n%05d', :number)"),
    numbers: (rows) => numbersOf(rows, ({ cpoolID }) => cpoolID),
  };
}

/** Images of host1. */
function images(path: string): ListCase {
  return {
    path,
    style: { member: 'images' },
    add: (fleet, number) => must(fleet, 'POST', '/hypervisors/host1/images', { name: named(number) }),
    remove: run("UPDATE images SET desired = 'absent' WHERE name = printf('n%05d:latest', :number)"),
    numbers: (rows) => numbersOf(rows, ({ name }) => String(name).replace(':latest', '')),
  };
}

/** VLAN networks of host1: every third was made by somebody else. */
function vlanNetworks(path: string): ListCase {
  const isForeign = (number: number) => number % 3 === 0;
  const insertForeign = run(`
    INSERT INTO foreign_networks (hypervisor, name, uuid, state, autostart, persistent)
    SELECT '${HOST}', printf('n%05d', :number), :id, 'active', 0, 1`);
  const deleteForeign = run("DELETE FROM foreign_networks WHERE name = printf('n%05d', :number)");
  return {
    path,
    style: 'Link',
    add: (fleet, number) =>
      isForeign(number)
        ? insertForeign(fleet, number)
        : must(fleet, 'POST', `/hypervisors/host1/networks/${named(number)}`, { bridge: 'br0', vlan: number }),
    remove: (fleet, number) =>
      isForeign(number)
        ? deleteForeign(fleet, number)
        : run("DELETE FROM vlan_networks WHERE name = printf('n%05d', :number)")(fleet, number),
    numbers: (rows) => numbersOf(rows, ({ name }) => name),
  };
}

const insertHost = run(`
  INSERT INTO domains (id, hypervisor, name, spec, generation, desired, state, state_since_ms, created_ms)
  SELECT :id, '${HOST}', printf('n%05d', :number), '{"memory":1,"vcpus":1}', 0, 'present', 'running', 0, :number`);
const deleteHost = run('DELETE FROM domains WHERE id = :id');

/** Virtual machines of host1: every third was made by somebody else. */
function hosts(path: string): ListCase {
  const isForeign = (number: number) => number % 3 === 0;
  const insertForeign = run(`
    INSERT INTO foreign_domains (hypervisor, uuid, name, state, memory, vcpus)
    SELECT '${HOST}', :id, printf('n%05d', :number), 'running', 1, 1`);
  const deleteForeign = run('DELETE FROM foreign_domains WHERE uuid = :id');
  return {
    path,
    style: 'Link',
    add: (fleet, number) => (isForeign(number) ? insertForeign : insertHost)(fleet, number),
    remove: (fleet, number) => (isForeign(number) ? deleteForeign : deleteHost)(fleet, number),
    numbers: (rows) => numbersOf(rows, ({ name }) => name),
  };
}

const addresses = `/subnets/${SUBNET}/addresses`;

export const lists: readonly ListCase[] = [
  {
    path: '/hypervisors',
    style: 'Link',
    add: run(`INSERT INTO hypervisors (id, name, epoch, capabilities, created_ms) SELECT :id, :id, 0, '{}', :number`),
    remove: (fleet, number) => must(fleet, 'DELETE', `/hypervisors/${uuid(number)}`),
    numbers: (rows) => numbersOf(rows, ({ id }) => id, isUuid),
  },
  {
    path: '/hypervisors/host1/subnets',
    style: 'Link',
    add: (fleet, number) => must(fleet, 'PATCH', '/hypervisors/host1/subnets', { [uuid(number)]: `br${number}` }),
    remove: (fleet, number) => must(fleet, 'DELETE', `/hypervisors/host1/subnets/${uuid(number)}`),
    numbers: (rows) => Object.keys(rows as object).map(numberIn),
  },
  {
    path: '/hypervisors/host1/guests',
    style: 'Link',
    add: insertHost,
    remove: deleteHost,
    numbers: (rows) => (rows as string[]).map(numberIn),
  },
  hosts('/hosts'),
  hosts('/hypervisors/host1/hosts'),
  processes,
  processesOfOne,
  networks('/cen', 'cens'),
  networks('/hypervisors/host1/cen', 'cens'),
  networks('/cin', 'cins'),
  networks('/hypervisors/host1/cin', 'cins'),
  pools('/cpool'),
  pools('/hypervisors/host1/cpool'),
  images('/images'),
  images('/hypervisors/host1/images'),
  vlanNetworks('/networks'),
  vlanNetworks('/hypervisors/host1/networks'),
  {
    path: '/host/host1',
    style: { member: 'containers' },
    add: (fleet, number) => must(fleet, 'PUT', `/host/host1/${named(number)}`),
    remove: run("UPDATE containers SET desired = 'absent' WHERE name = printf('n%05d', :number)"),
    numbers: (rows) => numbersOf(rows, ({ contID }) => contID),
  },
  {
    path: '/subnets',
    style: { member: 'subnets' },
    add: (fleet, number) => must(fleet, 'POST', '/subnets', { id: uuid(number), cidr: '10.8.0.0/24' }),
    remove: (fleet, number) => must(fleet, 'DELETE', `/subnets/${uuid(number)}`),
    numbers: (rows) => numbersOf(rows, ({ id }) => id, isUuid),
  },
  {
    path: addresses,
    style: { member: 'addresses' },
    add: (fleet, number) => must(fleet, 'POST', addresses, { address: `10.7.0.${number}` }),
    remove: (fleet, number) => must(fleet, 'DELETE', `${addresses}/10.7.0.${number}`),
    numbers: (rows) => numbersOf(rows, ({ address }) => address),
  },
  {
    path: `/hypervisors/${HOST}/orphans`,
    style: { member: 'orphans' },
    add: run(`
      INSERT INTO orphans (hypervisor, kind, place, name, label, scans, first_seen_ms)
      SELECT '${HOST}', CASE WHEN :number < 6 THEN 'link' ELSE 'namespace' END, CASE WHEN :number < 3 THEN '' ELSE 'né' END,
        printf('o%05d', :number), 'weft:x', 1, 0`),
    remove: run(`DELETE FROM orphans WHERE name = printf('o%05d', :number)`),
    numbers: (rows) => numbersOf(rows, ({ name }) => name),
  },
];

/** The content of a page: the numbers of its rows, and the location of the next one. */
export interface WalkedPage {
  readonly numbers: number[];
  readonly next: string | undefined;
}

export async function pageAt({ ask }: Fleet, { path, style, numbers }: ListCase, at: string): Promise<WalkedPage> {
  const answer = await ask('GET', at);
  const body: Record<string, unknown> = await answer.json();
  if (answer.status !== 200) throw new Error(`GET ${at}: ${answer.status} ${JSON.stringify(body)}`);
  if (style === 'Link') return { numbers: numbers(body), next: linkIn(answer.headers.get('link')) };
  const { next, [style.member]: rows } = body;
  const { searchParams } = new URL(at, 'http://localhost');
  if (typeof next === 'string') searchParams.set('after', next);
  return { numbers: numbers(rows), next: next === undefined ? undefined : `${path}?${searchParams}` };
}

function linkIn(header: string | null): string | undefined {
  if (header === null) return undefined;
  const [, target] = /^<([^>]+)>; rel="next"$/.exec(header) ?? [];
  if (target === undefined) throw new Error(`no link to a next page: ${header}`);
  return target;
}
