import type { ObservedImages } from '../../../executor/kinds/images/plan.ts';
import { imagesSpec } from '../../../executor/kinds/images/spec.ts';
import { type Database, statement } from '../../../schema/database/database.ts';
import { Problem } from '../../../schema/problem.ts';
import type { ClaimedOperation, Ending } from '../../../schema/resources/definition.ts';
import { imagesDefinition } from '../../../schema/resources/images/definition.ts';
import type { StoredImage } from '../../../schema/resources/images/rows.ts';
import { type Ask, client } from '../api.ts';
import { insertHypervisor, temporaryDatabase } from '../database.ts';

export const failed: Ending = { status: 'failed', error: new Problem('impossible', 'it cannot be').toJSON() };
export const cancelled: Ending = { status: 'cancelled', error: new Problem('cancelled', 'it was cancelled').toJSON() };

const CAPABILITIES = JSON.stringify({ netns: { available: true }, containers: { available: true } });

const selectNext = `
  SELECT sequence, id, NULL AS parentId, kind, resource, request, generation, 1 AS attempt, 1000 AS deadlineInMs, NULL AS lastError,
    0 AS cancelled
  FROM operations WHERE status = 'pending' ORDER BY sequence LIMIT 1`;

/** An API, and an executor whose store of images does what it is told: for tests of rows and desired states. */
export class ImagesApi {
  readonly database: Database;
  readonly ask: Ask;
  readonly hypervisor: string;
  /** What is on the host. */
  readonly stored = new Map<string, StoredImage>();

  private constructor(database: Database, hypervisor: string) {
    this.database = database;
    this.ask = client(database);
    this.hypervisor = hypervisor;
  }

  static async start(): Promise<ImagesApi> {
    const database = await temporaryDatabase();
    return new ImagesApi(database, await insertHypervisor(database, 'host1', CAPABILITIES));
  }

  /** Another hypervisor that can have images, or cannot. */
  async addHypervisor(name: string, canHaveImages = true): Promise<void> {
    await insertHypervisor(this.database, name, canHaveImages ? CAPABILITIES : '{}');
  }

  /** A request that does not wait for its operation. */
  async send(method: string, path: string, body?: unknown) {
    const answer = await this.ask(method, path, body, { prefer: 'respond-async' });
    return { status: answer.status, body: await answer.json() };
  }

  pull(name: string, source?: string) {
    return this.send('POST', '/images', { name, ...(source === undefined ? {} : { source }) });
  }

  async read<Row = unknown>(sql: string): Promise<readonly Row[]> {
    const [rows] = await this.database.read([statement<Row>(sql)]);
    return rows;
  }

  async write(sql: string): Promise<void> {
    await this.database.write([statement(sql)]);
  }

  /** All rows of images, by name. */
  rows() {
    return this.read(`SELECT name, spec ->> '$.source' AS source, applied_spec IS NOT NULL AS applied, desired, state, digest,
      error ->> '$.detail' AS error FROM images ORDER BY name`);
  }

  /** The first operation that is pending, and the change that it makes. */
  async next() {
    const [operation] = await this.read<ClaimedOperation>(selectNext);
    if (operation === undefined) throw new Error('no operation is pending');
    const { statements, result } = imagesDefinition.load(this.hypervisor, [operation]);
    const rows = await this.database.read(statements);
    return { operation, change: imagesSpec.change(operation, result(rows)(operation)) };
  }

  /** Ends the first operation that is pending; by default with success: the store is as it wants it. */
  async end(ending: Ending = { status: 'succeeded' }): Promise<void> {
    const { operation, change } = await this.next();
    if (change === null) throw new Error(`${operation.kind} changes nothing`);
    const { name, wanted } = change.after;
    if (ending.status === 'succeeded' && wanted === 'absent') this.stored.delete(name);
    if (ending.status === 'succeeded' && wanted === 'pulled') {
      this.stored.set(name, { digest: `sha256:${operation.sequence}`, size: 1, created: null });
    }
    const observed: ObservedImages = { images: this.stored, pulled: new Set() };
    const end = imagesSpec.end(change, ending, ending.status === 'succeeded' ? observed : null);
    const { sequence } = operation;
    await this.database.write([
      ...imagesDefinition.finish({ hypervisor: this.hypervisor, operation, ending, end }),
      statement('UPDATE operations SET status = :status, finished_ms = 0 WHERE sequence = :sequence', {
        ...{ sequence, status: ending.status },
      }),
      statement('DELETE FROM operation_subjects WHERE sequence = :sequence', { sequence }),
    ]);
  }

  /** An image that is on the host. */
  async pulled(name: string): Promise<void> {
    await this.pull(name);
    await this.end();
  }

  /** Files a repair as a scan does, of the current generation or another one. */
  async repair(name: string, generation = 'generation'): Promise<void> {
    const subject = `hypervisors/${this.hypervisor}/images/${name.replaceAll('/', '%2F')}`;
    await this.database.write([
      statement(
        `INSERT INTO operations (id, hypervisor, kind, resource, request, generation, status, not_before_ms, deadline_ms, attempt, done, total, principal, created_ms)
         SELECT :id, hypervisor, 'image.repair', :subject, '{}', ${generation}, 'pending', 0, 0, 0, 0, 1, 'executor', 0
         FROM images WHERE name = :name`,
        { id: crypto.randomUUID(), subject, name },
      ),
      statement('INSERT INTO operation_subjects SELECT :subject, max(sequence) FROM operations', { subject }),
    ]);
  }
}
