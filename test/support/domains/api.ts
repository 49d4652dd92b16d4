import type { Settings } from '../../../functions/http/context.ts';
import { type Database, statement } from '../../../schema/database/database.ts';
import { Problem } from '../../../schema/problem.ts';
import type { ClaimedOperation, Ending, Note } from '../../../schema/resources/definition.ts';
import { domainsDefinition } from '../../../schema/resources/domains/definition.ts';
import type { DomainEnd } from '../../../schema/resources/domains/finish.ts';
import { type Ask, client } from '../api.ts';
import { insertHypervisor, temporaryDatabase } from '../database.ts';
import { give } from '../fleet.ts';
import { until } from '../until.ts';

export const failed: Ending = { status: 'failed', error: new Problem('impossible', 'it cannot be').toJSON() };
export const cancelled: Ending = { status: 'cancelled', error: new Problem('cancelled', 'it was cancelled').toJSON() };

const CAPABILITIES = { libvirt: { available: true, version: '9.0.0' } };

export const MEMORY = 4_096;
const DISK = 100 * 1_024;

const selectNext = `
  SELECT sequence, id, NULL AS parentId, kind, resource, request, generation, 1 AS attempt, 1000 AS deadlineInMs, NULL AS lastError,
    0 AS cancelled
  FROM operations WHERE status = 'pending' ORDER BY sequence LIMIT 1`;

/** An API, and an executor that does what it is told: for tests of rows and desired states of virtual machines. */
export class DomainsApi {
  readonly database: Database;
  readonly ask: Ask;
  readonly hypervisor: string;

  private constructor(database: Database, hypervisor: string, settings: Partial<Settings>) {
    this.database = database;
    this.ask = client(database, undefined, settings);
    this.hypervisor = hypervisor;
  }

  /** host1, with 4,096 MB of memory, 100 GB of disk, 4 processors and a network `lan`. */
  static async start(settings: Partial<Settings> = {}): Promise<DomainsApi> {
    const database = await temporaryDatabase();
    const hypervisor = await insertHypervisor(database, 'host1', JSON.stringify(CAPABILITIES));
    const api = new DomainsApi(database, hypervisor, settings);
    await api.equip('host1');
    return api;
  }

  /** Gives a hypervisor resources, and a network that weft did not make. */
  async equip(name: string): Promise<void> {
    await give(this.database, name, MEMORY);
    await this.write(`UPDATE hypervisors SET total_disk = ${DISK} WHERE name = '${name}'`);
    await this.write(`
      INSERT INTO foreign_networks (hypervisor, name, uuid, state, autostart, persistent)
      SELECT id, 'lan', 'x', 'active', 1, 1 FROM hypervisors WHERE name = '${name}'`);
  }

  async addHypervisor(name: string, capabilities: unknown = CAPABILITIES): Promise<string> {
    const id = await insertHypervisor(this.database, name, JSON.stringify(capabilities));
    await this.equip(name);
    return id;
  }

  /** A request that does not wait for its operation. */
  async send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const answer = await this.ask(method, path, body, { prefer: 'respond-async', ...headers });
    return { status: answer.status, body: await answer.json(), headers: answer.headers };
  }

  create(name: string, members: Readonly<Record<string, unknown>> = {}) {
    return this.send('POST', `/hosts/${name}`, { memory: 512, disks: [8], networks: ['lan'], ...members });
  }

  get(name: string) {
    return this.send('GET', `/hosts/${name}`);
  }

  act(name: string, action: string) {
    return this.send('PUT', `/hosts/${name}/${action}`);
  }

  async read<Row = unknown>(sql: string): Promise<readonly Row[]> {
    const [rows] = await this.database.read([statement<Row>(sql)]);
    return rows;
  }

  async write(sql: string): Promise<void> {
    await this.database.write([statement(sql)]);
  }

  /** Returns how many rows its last statement has written. */
  async note<Data>(note: Note<Data>, data: Data): Promise<number> {
    const changes = statement<{ count: number }>('SELECT changes() AS count');
    const rows = await this.database.write([...note.statements(this.hypervisor, data), changes]);
    return Number(Reflect.get(Object(rows.at(-1)?.[0]), 'count'));
  }

  /** All rows of domains, by name. */
  rows() {
    return this.read(`
      SELECT name, spec ->> '$.memory' AS memory, spec ->> '$.vcpus' AS vcpus, spec ->> '$.power' AS power,
        applied_spec IS NOT NULL AS applied, desired, state, error ->> '$.detail' AS error FROM domains ORDER BY name`);
  }

  reserved() {
    return this.read('SELECT memory, disk, cpu FROM reservations ORDER BY owner');
  }

  /** The first operation that is pending, and its rows. */
  async next() {
    const [operation] = await this.read<ClaimedOperation>(selectNext);
    if (operation === undefined) throw new Error('no operation is pending');
    const { statements, result } = domainsDefinition.load(this.hypervisor, [operation]);
    return { operation, rows: result(await this.database.read(statements))(operation) };
  }

  /** Ends the first operation that is pending; by default with success: the host is as it wants it. */
  async end(ending: Ending = { status: 'succeeded' }, more: Partial<DomainEnd> = {}): Promise<void> {
    const { operation, rows } = await this.next();
    const { after } = rows;
    const observed = ending.status !== 'succeeded' || after === null ? null : { state: after.power, reason: null };
    await this.finish(operation, ending, { observed, ...more });
  }

  private async finish(operation: ClaimedOperation, ending: Ending, end: DomainEnd): Promise<void> {
    const { sequence } = operation;
    await this.database.write([
      ...domainsDefinition.finish({ hypervisor: this.hypervisor, operation, ending, end }),
      statement('UPDATE operations SET status = :status, error = :error, finished_ms = 0 WHERE sequence = :sequence', {
        ...{ sequence, status: ending.status },
        error: ending.status === 'succeeded' ? null : JSON.stringify(ending.error),
      }),
      statement('DELETE FROM operation_subjects WHERE sequence = :sequence', { sequence }),
    ]);
  }

  /** A request whose operation ends like this while its client waits. */
  async sendAndEnd(method: string, path: string, body?: unknown, ending?: Ending): Promise<Response> {
    const answer = this.ask(method, path, body);
    await until('the request is recorded', () => this.next().then(Boolean, () => false));
    await this.end(ending);
    return answer;
  }

  /** A domain that is on the host. */
  async created(name: string, members: Readonly<Record<string, unknown>> = {}): Promise<void> {
    await this.create(name, members);
    await this.end();
  }

  /** Files a repair as a scan does. */
  async repair(name: string): Promise<void> {
    const subject = `hypervisors/${this.hypervisor}/domains/${name}`;
    await this.database.write([
      statement(
        `INSERT INTO operations (id, hypervisor, kind, resource, request, generation, status, not_before_ms, deadline_ms, attempt, done, total, principal, created_ms)
         SELECT :id, hypervisor, 'domain.repair', :subject, '{}', generation, 'pending', 0, 0, 0, 0, 1, 'executor', 0
         FROM domains WHERE name = :name`,
        { id: crypto.randomUUID(), subject, name },
      ),
      statement('INSERT INTO operation_subjects SELECT :subject, max(sequence) FROM operations', { subject }),
    ]);
  }
}
