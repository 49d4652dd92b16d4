import type { Settings } from '../../functions/http/context.ts';
import { type Database, statement } from '../../schema/database/database.ts';
import { Problem } from '../../schema/problem.ts';
import type { ClaimedOperation, Ending } from '../../schema/resources/definition.ts';
import { vlanNetworksDefinition } from '../../schema/resources/vlan-networks/definition.ts';
import { type ForeignNetwork, foreignNetworksNote } from '../../schema/resources/vlan-networks/foreign-note.ts';
import { type SeenNetwork, vlanNetworkSubjectOf } from '../../schema/resources/vlan-networks/rows.ts';
import { type Ask, client } from './api.ts';
import { insertHypervisor, temporaryDatabase } from './database.ts';
import { until } from './until.ts';

export const failed: Ending = { status: 'failed', error: new Problem('impossible', 'no bridge br0').toJSON() };
export const cancelled: Ending = { status: 'cancelled', error: new Problem('cancelled', 'it was cancelled').toJSON() };

const succeeded: Ending = { status: 'succeeded' };
const available = { available: true, version: '9.0' };
const CAPABILITIES = JSON.stringify({ libvirt: available, ovs: available });

/** A network of somebody else's libvirt. */
export const foreign: ForeignNetwork = {
  ...{ name: 'default', uuid: '11111111-1111-4111-8111-111111111111', bridge: 'virbr0', vlan: null },
  ...{ state: 'active', autostart: false, persistent: true },
};

const selectNext = `
  SELECT sequence, id, NULL AS parentId, kind, resource, request, generation, 1 AS attempt, 1000 AS deadlineInMs, NULL AS lastError,
    0 AS cancelled
  FROM operations WHERE status = 'pending' ORDER BY sequence LIMIT 1`;

/** An API, and an executor whose libvirt does what it is told: for tests of rows and desired states. */
export class NetworksApi {
  readonly database: Database;
  readonly ask: Ask;
  readonly hypervisor: string;

  private constructor(database: Database, hypervisor: string, settings: Partial<Settings>) {
    this.database = database;
    this.ask = client(database, undefined, settings);
    this.hypervisor = hypervisor;
  }

  static async start(settings: Partial<Settings> = {}, capabilities = CAPABILITIES): Promise<NetworksApi> {
    const database = await temporaryDatabase();
    return new NetworksApi(database, await insertHypervisor(database, 'host1', capabilities), settings);
  }

  addHypervisor(name: string, capabilities = CAPABILITIES): Promise<string> {
    return insertHypervisor(this.database, name, capabilities);
  }

  /** A request that does not wait for its operation. */
  async send(method: string, path: string, body?: unknown) {
    const answer = await this.ask(method, path, body, { prefer: 'respond-async' });
    return { status: answer.status, body: await answer.json() };
  }

  post(name: string, body: unknown = { bridge: 'br0', vlan: 10 }) {
    return this.send('POST', `/networks/${name}`, body);
  }

  async read<Row = unknown>(sql: string): Promise<readonly Row[]> {
    const [rows] = await this.database.read([statement<Row>(sql)]);
    return rows;
  }

  async write(sql: string): Promise<void> {
    await this.database.write([statement(sql)]);
  }

  /** All rows of VLAN networks, by name. */
  rows() {
    return this.read(`SELECT name, spec ->> '$.vlan' AS vlan, applied_spec ->> '$.vlan' AS applied, desired, state, error ->> '$.detail' AS error
      FROM vlan_networks ORDER BY name`);
  }

  /** The first operation that is pending, with the rows that its executor loads. */
  async next() {
    const [operation] = await this.read<ClaimedOperation>(selectNext);
    if (operation === undefined) throw new Error('no operation is pending');
    const { statements, result } = vlanNetworksDefinition.load(this.hypervisor, [operation]);
    return { operation, ...result(await this.database.read(statements))(operation) };
  }

  /** Ends the first operation that is pending, by default with success; `seen`: what is on the host then. */
  async end(ending = succeeded, seen?: SeenNetwork | null): Promise<void> {
    const { operation, row } = await this.next();
    const there = row === undefined || row.desired === 'absent' || operation.kind === 'vlan_network.delete';
    const asWanted = there ? null : { uuid: row.id, state: 'active' as const, autostart: true, persistent: true };
    const network = ending.status === 'succeeded' ? (seen === undefined ? asWanted : seen) : null;
    const { sequence } = operation;
    await this.database.write([
      statement('UPDATE operations SET status = :status, error = :error, finished_ms = 0 WHERE sequence = :sequence', {
        ...{ sequence, status: ending.status },
        error: ending.status === 'succeeded' ? null : JSON.stringify(ending.error),
      }),
      ...vlanNetworksDefinition.finish({ hypervisor: this.hypervisor, operation, ending, end: { network } }),
      statement('DELETE FROM operation_subjects WHERE sequence = :sequence', { sequence }),
    ]);
  }

  /** A request whose operation ends like this while its client waits. */
  async sendAndEnd(method: string, path: string, body?: unknown, ending = succeeded, prefer = 'wait=30') {
    const answer = this.ask(method, path, body, { prefer });
    await until('the request is recorded', () => this.next().then(Boolean, () => false));
    await this.end(ending);
    return answer;
  }

  /** A network that is on the host. */
  async created(name: string): Promise<void> {
    await this.sendAndEnd('POST', `/networks/${name}`, { bridge: 'br0', vlan: 10 });
  }

  /** What the executor sees of networks that weft did not make. */
  async see(...networks: readonly ForeignNetwork[]): Promise<void> {
    await this.database.write(foreignNetworksNote.statements(this.hypervisor, networks));
  }

  /** Files a repair as a scan does. */
  async repair(name: string): Promise<void> {
    const subject = vlanNetworkSubjectOf(this.hypervisor, name);
    await this.database.write([
      statement(
        `INSERT INTO operations (id, hypervisor, kind, resource, request, generation, status, not_before_ms, deadline_ms, attempt, done, total, principal, created_ms)
         SELECT :id, hypervisor, 'vlan_network.repair', :subject, '{}', generation, 'pending', 0, 0, 0, 0, 1, 'executor', 0
         FROM vlan_networks WHERE name = :name`,
        { id: crypto.randomUUID(), subject, name },
      ),
      statement('INSERT INTO operation_subjects SELECT :subject, max(sequence) FROM operations', { subject }),
    ]);
  }
}
