import { describe, expect, it } from 'vitest';
import { type Database, statement } from '../../../schema/database/database.ts';
import { api } from '../../../test/support/api.ts';
import { rowCounts } from '../../../test/support/database.ts';

const id = 'abcd1234-abcd-1234-abcd-1234abcd1234';
const nobody = '11111111-1111-4111-8111-111111111111';

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

interface Fleet {
  readonly database: Database;
  request(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
}

/** host1, which is alive, and the hypervisor from chypervisord's document. */
async function fleet(): Promise<Fleet> {
  const { database, ask } = await api();
  await ask('POST', '/hypervisors', {
    id,
    total_resources: { memory: 1024, disk: 1024, cpu: 1 },
    available_resources: { memory: 1024, disk: 1024, cpu: 1 },
  });
  return {
    database,
    async request(...asked) {
      const answer = await ask(...asked);
      return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Answer['body'] };
    },
  };
}

/** The rows that a rejected request must not change. */
async function rows(weft: Fleet): Promise<unknown> {
  const [hypervisors] = await weft.database.read([statement('SELECT id, revision, config FROM hypervisors')]);
  return [await rowCounts(weft.database), hypervisors];
}

describe('a request that is refused', () => {
  it.each([
    ['GET', `/hypervisors/${nobody}`, undefined, 404, undefined],
    ['GET', '/hypervisors/nobody', undefined, 400, undefined],
    ['PATCH', `/hypervisors/${nobody}`, {}, 404, undefined],
    ['DELETE', `/hypervisors/${nobody}`, undefined, 404, undefined],
    ['GET', `/hypervisors/${nobody}/config`, undefined, 404, undefined],
    ['PATCH', `/hypervisors/${nobody}/config`, {}, 404, undefined],
    ['GET', '/hypervisors/nobody/subnets', undefined, 400, undefined],
    ['GET', `/hypervisors/${nobody}/guests`, undefined, 404, undefined],
    ['DELETE', `/hypervisors/${id}/subnets/${nobody}`, undefined, 404, undefined],
    ['DELETE', `/hypervisors/${id}/subnets/br0`, undefined, 400, undefined],
    ['GET', `/hypervisors/${id}/subnets/${nobody}`, undefined, 404, undefined],
    ['POST', '/hypervisors', '{', 400, ''],
    ['POST', '/hypervisors', '', 400, ''],
    ['POST', '/hypervisors', '[]', 400, ''],
    ['POST', '/hypervisors', { id: 'host2' }, 400, '/id'],
    ['POST', '/hypervisors', { id }, 409, '/id'],
    ['POST', '/hypervisors', { id: id.toUpperCase() }, 409, '/id'],
    ['POST', '/hypervisors', { name: 'host1' }, 409, '/name'],
    ['POST', '/hypervisors', { name: 'a/b' }, 400, '/name'],
    ['POST', '/hypervisors', { ip: '10.0.0' }, 400, '/ip'],
    ['POST', '/hypervisors', { mac: '01:23' }, 400, '/mac'],
    ['POST', '/hypervisors', { total_resources: { memory: -1 } }, 400, '/total_resources/memory'],
    ['POST', '/hypervisors', { available_resources: { cpu: 1 } }, 400, '/available_resources/cpu'],
    ['PATCH', `/hypervisors/${id}`, { id: nobody }, 400, '/id'],
    ['PATCH', `/hypervisors/${id}`, { name: 'host1' }, 409, '/name'],
    ['PATCH', `/hypervisors/${id}`, { available_resources: { memory: 2000 } }, 400, '/available_resources/memory'],
    ['PATCH', `/hypervisors/${id}`, { total_resources: { disk: 1 } }, 400, '/total_resources/disk'],
    ['PATCH', '/hypervisors/host1', { total_resources: { memory: 1 } }, 409, '/total_resources/memory'],
    ['PATCH', '/hypervisors/host1', { name: 'host9' }, 409, '/name'],
    ['PATCH', `/hypervisors/${id}/config`, { a: 'b', c: 5 }, 400, '/c'],
    ['PATCH', `/hypervisors/${id}/config`, { '': 'b' }, 400, '/'],
    ['PATCH', `/hypervisors/${id}/config`, { cpu_overcommit: 'much' }, 400, '/cpu_overcommit'],
    ['PATCH', `/hypervisors/${id}/config`, 'x', 400, ''],
    ['PATCH', `/hypervisors/${id}/subnets`, { web: 'br0' }, 400, '/web'],
    ['PATCH', `/hypervisors/${id}/subnets`, { [nobody]: 'a/b' }, 400, `/${nobody}`],
    ['DELETE', '/hypervisors/host1', undefined, 409, undefined],
    ['DELETE', `/hypervisors/${id}?force=yes`, undefined, 400, undefined],
  ])('%s %s %j is a %i, and leaves no row', async (method, path, body, status, pointer) => {
    const weft = await fleet();
    const before = await rows(weft);
    const answer = await weft.request(method, path, body);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.body.message).toBe(answer.body.detail);
    if (pointer !== undefined) expect(answer.body.errors).toEqual([expect.objectContaining({ pointer })]);
    if (path.includes('/nobody')) expect(answer.body.detail).toBe('invalid hypervisor id');
    expect(await rows(weft)).toEqual(before);
  });

  it('with another method is a 405 with Allow', async () => {
    const weft = await fleet();
    for (const [path, allow] of [
      ['/hypervisors', 'GET, POST, HEAD'],
      [`/hypervisors/${id}`, 'GET, PATCH, DELETE, HEAD'],
      [`/hypervisors/${id}/config`, 'GET, PATCH, HEAD'],
      [`/hypervisors/${id}/subnets`, 'GET, PATCH, HEAD'],
      [`/hypervisors/${id}/subnets/${nobody}`, 'GET, DELETE, HEAD'],
      [`/hypervisors/${id}/guests`, 'GET, HEAD'],
    ] as const) {
      const answer = await weft.request('PUT', path, {});
      expect([path, answer.status, answer.headers.get('allow')]).toEqual([path, 405, allow]);
    }
  });
});

describe('a change', () => {
  it('merges: omitted members stay, metadata is replaced as a whole', async () => {
    const weft = await fleet();
    const path = `/hypervisors/${(await weft.request('POST', '/hypervisors', { metadata: { a: 1 }, ip: '10.0.0.1', total_resources: { memory: 8, disk: 4 } })).body.id}`;
    const { body } = await weft.request('PATCH', path, {
      metadata: { b: 2 },
      available_resources: { memory: 5 },
      mac: '0A-0b-0C-0d-0E-0f',
      gateway: '2001:DB8:0::1',
    });
    expect(body).toMatchObject({
      metadata: { b: 2 },
      ip: '10.0.0.1',
      mac: '0a:0b:0c:0d:0e:0f',
      gateway: '2001:db8::1',
      total_resources: { memory: 8, disk: 4, cpu: 0 },
      available_resources: { memory: 5, disk: 4, cpu: 0 },
    });
    expect((await weft.request('PATCH', path, body)).body).toMatchObject({ metadata: { b: 2 } });
    expect((await weft.request('PATCH', path, { total_resources: { memory: 16 } })).body).toMatchObject({
      total_resources: { memory: 16 },
      available_resources: { memory: 5 },
    });
    await weft.request('DELETE', path);
  });

  it('that sends back what it has read changes nothing, also with reservations', async () => {
    const weft = await fleet();
    await weft.database.write([
      statement("INSERT INTO reservations (owner, hypervisor, memory, disk, cpu) VALUES ('vm', :id, 100, 0, 1)", {
        id,
      }),
    ]);
    const path = `/hypervisors/${id}`;
    const { body } = await weft.request('GET', path);
    expect(body.available_resources).toEqual({ memory: 924, disk: 1024, cpu: 1 });
    expect((await weft.request('PATCH', path, body)).body).toEqual(body);
  });

  it('may have unknown members, which are ignored and named', async () => {
    const weft = await fleet();
    const answer = await weft.request('PATCH', `/hypervisors/${id}`, {
      rack: 7,
      alive: false,
      total_resources: { gpu: 1 },
    });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('warning')).toBe('299 - "unknown members ignored: /rack, /total_resources/gpu"');
  });

  it('with the entity tag of an old state is a 412, and changes nothing', async () => {
    const weft = await fleet();
    const path = `/hypervisors/${id}`;
    const etag = (await weft.request('GET', path)).headers.get('etag') ?? '';
    expect(etag).toMatch(/^"\d+"$/);
    expect((await weft.request('PATCH', path, { ip: '10.0.0.9' }, { 'if-match': etag })).headers.get('etag')).not.toBe(
      etag,
    );
    const before = await rows(weft);
    for (const [method, where, body] of [
      ['PATCH', path, { ip: '10.0.0.8' }],
      ['PATCH', `${path}/config`, { a: 'b' }],
      ['PATCH', `${path}/subnets`, { [nobody]: 'br0' }],
      ['DELETE', path, undefined],
    ] as const) {
      for (const header of [etag, `W/${etag}`, '"x", "y"']) {
        expect([method, (await weft.request(method, where, body, { 'if-match': header })).status]).toEqual([
          method,
          412,
        ]);
      }
    }
    expect(await rows(weft)).toEqual(before);
    expect((await weft.request('PATCH', `${path}/config`, {}, { 'if-match': '*' })).status).toBe(200);
  });

  it('among many at once loses no other one', async () => {
    const weft = await fleet();
    const path = `/hypervisors/${id}/config`;
    const keys = Array.from({ length: 20 }, (_, index) => `key${index}`);
    await Promise.all(keys.map((key) => weft.request('PATCH', path, { [key]: 'x' })));
    expect((await weft.request('GET', path)).body).toMatchObject(Object.fromEntries(keys.map((key) => [key, 'x'])));
  });
});

it('a change of subnets that the host cannot apply is tried again with the current associations', async () => {
  const weft = await fleet();
  const path = '/hypervisors/host1/subnets';
  const asked = await weft.request('PATCH', path, { [nobody]: 'br0' }, { prefer: 'respond-async' });
  expect(asked.status).toBe(202);
  await weft.request('POST', `/operations/${asked.body.id}/cancel`);
  const again = await weft.request('POST', `/operations/${asked.body.id}/retry`);
  expect(again.body).toMatchObject({ kind: 'subnets.change', status: 'pending', request: { [nobody]: 'br0' } });
  expect((await weft.request('GET', path)).body).toEqual({ [nobody]: 'br0' });
});

it('an interface that the host is known to be unable to create fails at once, with the reason', async () => {
  const weft = await fleet();
  await weft.database.write([
    statement(
      `UPDATE hypervisors SET capabilities = '{"netns":{"available":false,"reason":"needs root"}}' WHERE name = 'host1'`,
    ),
  ]);
  expect((await weft.request('PATCH', '/hypervisors/host1/subnets', { [nobody]: 'br0' })).status).toBe(200);
  expect((await weft.request('GET', `/hypervisors/host1/subnets/${nobody}`)).body).toMatchObject({
    state: 'failed',
    error: { status: 422, detail: 'This hypervisor cannot make bridges: needs root' },
  });
});
