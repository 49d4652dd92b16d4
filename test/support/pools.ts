import { networkSpec } from '../../executor/kinds/network/spec.ts';
import type { ObservedProcesses } from '../../executor/kinds/network/steps.ts';
import { type Database, statement } from '../../schema/database/database.ts';
import { Problem } from '../../schema/problem.ts';
import type { ClaimedOperation, Ending } from '../../schema/resources/definition.ts';
import { networkDefinition } from '../../schema/resources/network/definition.ts';
import { type Ask, api } from './api.ts';

/* An API, and an executor whose host does what it is told: for tests of rows and desired states. */

const spec = networkSpec('db');

export const succeeded: Ending = { status: 'succeeded' };
export const failed: Ending = { status: 'failed', error: new Problem('conflict', 'something is in the way').toJSON() };

const noNetwork = { host: [], namespaces: new Map(), addressing: null, isolation: null };

const selectNext = `
  SELECT o.sequence, o.id, NULL AS parentId, o.kind, o.resource, o.request, o.generation, 1 AS attempt, 1000 AS deadlineInMs,
    NULL AS lastError, 0 AS cancelled
  FROM operations o
  WHERE o.status = 'pending' AND NOT EXISTS (SELECT 1 FROM operations c WHERE c.parent = o.sequence) ORDER BY o.sequence LIMIT 1`;

export class PoolsApi {
  readonly database: Database;
  readonly ask: Ask;

  private constructor(database: Database, ask: Ask) {
    this.database = database;
    this.ask = ask;
  }

  /** `capabilities`: of its hypervisor, as {@link insertHypervisor}. */
  static async start(capabilities?: object): Promise<PoolsApi> {
    const { database, ask } = await api(capabilities && JSON.stringify(capabilities));
    return new PoolsApi(database, ask);
  }

  /** Sends a request that is accepted; returns the answer's body. */
  async send(method: string, path: string, body?: unknown) {
    const answer = await this.ask(method, path, body, { prefer: 'respond-async' });
    const text = await answer.text();
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return JSON.parse(text);
  }

  /** Requests a pool without waiting for it; returns the operation. */
  pool(cpoolID: string, start_with: number, cins: readonly (string | object)[] = [], type = 'netns') {
    const entries = cins.map((each) => (typeof each === 'string' ? { cinID: each } : each));
    return this.send('POST', '/cpool', { cpoolList: [{ cpoolID, type, start_with, cins: entries }] });
  }

  async read<Row = unknown>(sql: string, args: Record<string, string | number> = {}): Promise<readonly Row[]> {
    const [rows] = await this.database.read([statement<Row>(sql, args)]);
    return rows;
  }

  async #hypervisor(): Promise<string> {
    const [row] = await this.read<{ id: string }>('SELECT id FROM hypervisors');
    return row?.id ?? '';
  }

  /** The first operation that is pending, and the change that it makes. */
  async next() {
    const [operation] = await this.read<ClaimedOperation>(selectNext);
    if (operation === undefined) throw new Error('no operation is pending');
    const { statements, result } = networkDefinition.load(await this.#hypervisor(), [operation]);
    const change = spec.change(operation, result(await this.database.read(statements))(operation));
    if (change === null) throw new Error(`${operation.kind} changes nothing`);
    return { operation, change };
  }

  /** Ends the first operation that is pending; `observed`: the processes at its end. */
  async end(ending: Ending = succeeded, observed: ObservedProcesses | null = null): Promise<void> {
    const { operation, change } = await this.next();
    const end = spec.end(change, ending, observed && { ...noNetwork, processes: observed });
    const { sequence } = operation;
    await this.database.write([
      ...networkDefinition.finish({ hypervisor: await this.#hypervisor(), operation, ending, end }),
      statement('UPDATE operations SET status = :status, finished_ms = 0 WHERE sequence = :sequence', {
        ...{ sequence, status: ending.status },
      }),
      statement('DELETE FROM operation_subjects WHERE sequence = :sequence', { sequence }),
      statement(
        `UPDATE operations SET status = 'succeeded', finished_ms = 0
         WHERE sequence = (SELECT parent FROM operations WHERE sequence = :sequence)`,
        { sequence },
      ),
    ]);
  }

  /** All operations that are pending succeed. */
  async succeed(): Promise<void> {
    while ((await this.read(selectNext)).length > 0) await this.end();
  }

  /** Files the repair of a container, as a scan does. */
  async repair(kind: 'containers', name: string): Promise<void> {
    const subject = `hypervisors/${await this.#hypervisor()}/${kind}/${name}`;
    await this.database.write([
      statement(
        `INSERT INTO operations (id, hypervisor, kind, resource, request, generation, status, not_before_ms, deadline_ms, attempt, done, total, principal, created_ms)
         SELECT :id, hypervisor, 'container.repair', :subject, '{}', generation, 'pending', 0, 0, 0, 0, 1, 'test', 0
         FROM containers WHERE name = :name`,
        { id: crypto.randomUUID(), subject, name },
      ),
      statement('INSERT INTO operation_subjects SELECT :subject, max(sequence) FROM operations', { subject }),
    ]);
  }

  /** The containers of the database, each with its CENs, as `name: cen cen`. */
  async containers(): Promise<string[]> {
    const rows = await this.read<{ text: string }>(
      `SELECT c.name || ':' || coalesce((
         SELECT group_concat(' ' || name, '') FROM (
           SELECT n.name FROM members m JOIN cens n ON n.id = m.cen
           WHERE m.container = c.id AND m.removed IS NULL ORDER BY m.ordinal)), '') AS text
       FROM containers c WHERE c.desired = 'present' ORDER BY c.created_ms, c.rowid`,
    );
    return rows.map(({ text }) => text);
  }
}
