import { describe, expect, it } from 'vitest';
import { statement } from '../schema/database/database.ts';
import { api, client } from '../test/support/api.ts';

describe('the frame', () => {
  it('answers a path that exists with another method with 405 and Allow', async () => {
    const { ask } = await api();
    const answer = await ask('GET', '/cen/make');
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe('POST');
    expect((await ask('PATCH', '/cen/a')).headers.get('allow')).toBe('PUT, GET, DELETE, HEAD');
  });

  it('answers an unknown path with 404 and a hint', async () => {
    const { ask } = await api();
    const answer = await ask('GET', '/nothing');
    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({ code: 'not_found', hint: expect.any(String) });
  });

  it('accepts a trailing slash', async () => {
    const { ask } = await api();
    await ask('PUT', '/cen/a/');
    expect((await ask('GET', '/cen/a/')).status).toBe(200);
  });

  it('gives every answer a request id, the client’s own if it sent one', async () => {
    const { ask } = await api();
    expect((await ask('GET', '/')).headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    expect((await ask('GET', '/nothing', undefined, { 'x-request-id': 'mine-1' })).headers.get('x-request-id')).toBe(
      'mine-1',
    );
  });

  it('answers / with the name of the service and its entry points', async () => {
    const { ask } = await api();
    expect(await (await ask('GET', '/')).json()).toMatchObject({
      name: 'weft',
      paths: expect.objectContaining({ '/operations': expect.any(String) }),
    });
  });

  it('is healthy with a database and ready with an executor', async () => {
    const { database, ask } = await api();
    expect((await ask('GET', '/healthz')).status).toBe(200);
    expect(await (await ask('GET', '/readyz')).json()).toEqual({ status: 'ready', executors: ['host1'] });
    await database.write([statement('UPDATE hypervisors SET last_seen_ms = last_seen_ms - 60000')]);
    const answer = await ask('GET', '/readyz');
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('1');
  });

  it.each([
    [{ host: 'evil.example' }, 421],
    [{ origin: 'https://evil.example' }, 403],
    [{ origin: 'null' }, 403],
    [{ 'sec-fetch-site': 'cross-site' }, 403],
    [{ origin: 'http://localhost', 'sec-fetch-site': 'same-origin' }, 200],
    [{ origin: 'https://friend.example', 'sec-fetch-site': 'cross-site' }, 200],
  ])('answers a request with %o by %i', async (headers, status) => {
    const { ask } = await api();
    expect((await ask('GET', '/operations', undefined, headers)).status).toBe(status);
  });

  it('requires the admin token if there is one, except for health checks', async () => {
    const { database } = await api();
    const ask = client(database, 'a-token-of-16-or-more');
    expect((await ask('GET', '/operations')).status).toBe(401);
    expect((await ask('GET', '/operations', undefined, { authorization: 'Bearer nonsense' })).status).toBe(401);
    expect((await ask('GET', '/operations', undefined, { authorization: 'Bearer a-token-of-16-or-more' })).status).toBe(
      200,
    );
    expect((await ask('GET', '/healthz')).status).toBe(200);
  });
});

describe('/operations', () => {
  it('lists newest first, in pages', async () => {
    const { ask } = await api();
    for (const name of ['a', 'b', 'c']) await ask('PUT', `/cen/${name}`);
    const first = (await (await ask('GET', '/operations?limit=2')).json()) as {
      operations: { request: unknown }[];
      next: number;
    };
    expect(first.operations.map(({ request }) => request)).toEqual([{ cenID: 'c' }, { cenID: 'b' }]);
    const second = (await (await ask('GET', `/operations?limit=2&before=${first.next}`)).json()) as {
      operations: unknown[];
    };
    expect(second.operations).toHaveLength(1);
  });

  it('filters by status, kind and subject', async () => {
    const { ask } = await api();
    await ask('PUT', '/cen/a');
    const count = async (query: string) =>
      ((await (await ask('GET', `/operations?${query}`)).json()) as { operations: unknown[] }).operations.length;
    expect(await count('status=succeeded&kind=cen.create')).toBe(1);
    expect(await count('status=pending')).toBe(0);
    expect((await ask('GET', '/operations?status=done')).status).toBe(400);
  });

  it('rejects other filters', async () => {
    const { ask } = await api();
    expect((await ask('GET', '/operations/nobody')).status).toBe(404);
  });
});
