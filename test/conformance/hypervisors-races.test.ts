import { describe, expect, it } from 'vitest';
import { type Database, type Statement, statement } from '../../schema/database/database.ts';
import { type Ask, client } from '../support/api.ts';
import { rowCounts, temporaryDatabase } from '../support/database.ts';
import { ID, OTHER_SUBNET, SUBNET } from './hypervisors-server.ts';

/* Another client writes between the read and the write of a request, deterministically. */

const one = `/hypervisors/${ID}`;

interface Write {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly table: 'hypervisors' | 'subnets';
  readonly id: string;
}

const onHypervisor = { table: 'hypervisors', id: ID } as const;
const onSubnet = { table: 'subnets', id: OTHER_SUBNET } as const;

const writes: readonly Write[] = [
  { method: 'PATCH', path: one, body: { ip: '10.0.0.8' }, ...onHypervisor },
  { method: 'PATCH', path: `${one}/config`, body: { a: 'b' }, ...onHypervisor },
  { method: 'PATCH', path: `${one}/subnets`, body: { [SUBNET]: 'br1' }, ...onHypervisor },
  { method: 'DELETE', path: `${one}/subnets/${SUBNET}`, ...onHypervisor },
  { method: 'DELETE', path: one, ...onHypervisor },
  { method: 'PATCH', path: `/subnets/${OTHER_SUBNET}`, body: { end: '10.8.0.9' }, ...onSubnet },
  { method: 'DELETE', path: `/subnets/${OTHER_SUBNET}`, ...onSubnet },
];

interface Raced {
  readonly database: Database;
  readonly ask: Ask;
  /** Statements that are executed before the next batch of the API. */
  interfere(...statements: readonly Statement<never>[]): void;
}

async function raced(): Promise<Raced> {
  const database = await temporaryDatabase();
  let before: readonly Statement<never>[] = [];
  const write: Database['write'] = async (...args) => {
    const now = before;
    before = [];
    if (now.length > 0) await database.write(now);
    return database.write(...args);
  };
  const ask = client({
    write,
    read: (statements) => database.read(statements),
    subscribe: (...args) => database.subscribe(...args),
    close: () => database.close(),
  });
  await ask('POST', '/hypervisors', { id: ID });
  await ask('POST', '/subnets', { id: OTHER_SUBNET, cidr: '10.8.0.0/24' });
  await ask('PATCH', `${one}/subnets`, { [SUBNET]: 'br0' });
  return {
    database,
    ask,
    interfere: (...statements) => {
      before = statements;
    },
  };
}

function touch({ table, id }: Write): Statement<never> {
  return statement(`UPDATE ${table} SET revision = revision + 1, metadata = '{"other":true}' WHERE id = :id`, { id });
}

/** With a title that is not truncated. */
function titled(list: readonly Write[]): (readonly [string, Write])[] {
  return list.map((write) => [`${write.method} ${write.path}`, write] as const);
}

describe.each(titled(writes))('%s', (_, write) => {
  const { method, path, body, table, id } = write;

  it('with an entity tag is a 412 after a concurrent change, and leaves no row', async () => {
    const { database, ask, interfere } = await raced();
    const tag = (await ask('GET', `/${table}/${id}`)).headers.get('etag') ?? '';
    const before = await rowCounts(database);
    interfere(touch(write));
    const answer = await ask(method, path, body, { 'if-match': tag });
    expect(answer.status).toBe(412);
    expect(await rowCounts(database)).toEqual(before);
    expect(await (await ask('GET', `/${table}/${id}`)).json()).toMatchObject({ metadata: { other: true } });
  });

  it('is refused after a concurrent removal, and restores nothing', async () => {
    const { database, ask, interfere } = await raced();
    interfere(
      statement('DELETE FROM subnet_interfaces'),
      statement('DELETE FROM operation_subjects'),
      statement(`DELETE FROM ${table} WHERE id = :id`, { id }),
    );
    const answer = await ask(method, path, body);
    expect(answer.status).toBe(404);
    const [operations] = await database.read([statement('SELECT id FROM operations')]);
    expect(operations).toHaveLength(3);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    const { subnet_interfaces, [table]: left } = await rowCounts(database);
    expect({ subnet_interfaces, left }).toEqual({ subnet_interfaces: 0, left: table === 'subnets' ? 1 : 0 });
  });
});

describe('a change without an entity tag', () => {
  it.each(titled(writes.filter(({ method }) => method === 'PATCH')))(
    'loses no concurrent write: %s',
    async (_, write) => {
      const { ask, interfere } = await raced();
      interfere(touch(write));
      expect((await ask(write.method, write.path, write.body)).status).toBe(200);
      expect(await (await ask('GET', `/${write.table}/${write.id}`)).json()).toMatchObject({
        metadata: { other: true },
      });
      expect(await (await ask('GET', write.path)).json()).toMatchObject(write.body as object);
    },
  );
});
