import { describe, expect, it } from 'vitest';
import { api, client } from '../support/api.ts';
import { insertHypervisor, rowCounts } from '../support/database.ts';

/* What clients of leviathan_rest_lib send and read beyond its document. */

const dockerId = '4f2a8c77d1e09b34f2a8c77d1e09b34f2a8c77d1e09b34f2a8c77d1e09b3abcd';
const asynchronously = { prefer: 'respond-async' };

function importing(...containerIDs: unknown[]) {
  return { cenList: [{ cenID: 'lan', containerIDs }] };
}

describe('ids of containers', () => {
  it('have up to 64 characters, as those of Docker', async () => {
    const { ask } = await api();
    expect(dockerId).toHaveLength(64);
    expect((await ask('POST', '/cen/import', importing(dockerId))).status).toBe(200);
    expect(await (await ask('GET', '/cen/lan')).json()).toMatchObject({ contIDs: [dockerId] });
    expect(await (await ask('GET', `/host/host1/${dockerId}`)).json()).toMatchObject({
      contID: dockerId,
      cens: ['lan'],
    });
    for (const [method, path] of [
      ['PUT', `/host/host1/${dockerId}`],
      ['PUT', `/host/host1/${dockerId}/lan`],
      ['DELETE', `/host/host1/${dockerId}/lan`],
      ['DELETE', `/host/host1/${dockerId}`],
    ] as const)
      expect((await ask(method, path, undefined, asynchronously)).status).toBe(202);
  });

  it('have no more, and those of CENs, CINs and hosts have 63', async () => {
    const { database, ask } = await api();
    const before = await rowCounts(database);
    const rule = (most: number) => expect.stringContaining(`must be 1 to ${most} letters`);
    const long = `${dockerId}a`;
    for (const [method, path, body, error] of [
      ['POST', '/cen/import', importing(long), { pointer: '/cenList/0/containerIDs/0', detail: rule(64) }],
      ['POST', '/cen/import', importing(`host1/${long}`), { pointer: '/cenList/0/containerIDs/0', detail: rule(64) }],
      ['PUT', `/host/host1/${long}`, undefined, { parameter: 'ContainerId', detail: rule(64) }],
      ['PUT', `/cen/${dockerId}`, undefined, { parameter: 'CenId', detail: rule(63) }],
      ['POST', '/cin/import', { [dockerId]: [] }, { pointer: `/${dockerId}`, detail: rule(63) }],
      ['PUT', `/host/${dockerId}/c1`, undefined, { parameter: 'HostId', detail: rule(63) }],
    ] as const) {
      const answer = await ask(method, path, body);
      expect(await answer.json()).toMatchObject({ status: 400, errors: [error] });
    }
    expect(await rowCounts(database)).toEqual(before);
  });
});

describe('containers of a list that name their host in an object', () => {
  it('are those of HOST/CONTAINER, also beside texts', async () => {
    const { ask } = await api();
    const answer = await ask('POST', '/cen/import', importing({ c1: 'host1' }, 'c2', 'host1/c3', { host: 'host1' }));
    expect(answer.status).toBe(200);
    expect(answer.headers.get('warning')).toBeNull();
    expect(await (await ask('GET', '/cen/lan')).json()).toMatchObject({
      contIDs: ['c1', 'c2', 'c3', 'host'],
      hypervisors: ['host1'],
    });
  });

  it('place the CEN on that host', async () => {
    const { database, ask } = await api();
    await insertHypervisor(database, 'host2');
    expect((await ask('POST', '/cen/import', importing({ c1: 'host2' }, 'c2'))).status).toBe(200);
    expect(await (await ask('GET', '/cen/lan')).json()).toMatchObject({ hypervisors: ['host2'] });
    expect((await ask('GET', '/host/host2/c2')).status).toBe(200);
    const several = await ask('POST', '/cen/import', importing({ c1: 'host2' }, { c2: 'host1' }));
    expect(await several.json()).toMatchObject({
      status: 422,
      errors: [{ pointer: '/cenList/0/containerIDs/1', detail: 'is on host1, the CEN is not' }],
    });
  });

  it.each<[string, unknown, string, unknown]>([
    ['no member', {}, '', 'must have one member, a container id with its host'],
    ['two members', { c1: 'host1', c2: 'host1' }, '', 'must have one member, a container id with its host'],
    ['a key that is no id', { '../x': 'host1' }, '/..~1x', expect.stringContaining('must be 1 to 64 letters')],
    [
      'the key of a prototype',
      '{"__proto__":"host1"}',
      '/__proto__',
      expect.stringContaining('must be 1 to 64 letters'),
    ],
    ['a host that is no text', { c1: 7 }, '/c1', 'must be a string'],
    ['a host of null', { c1: null }, '/c1', 'must be a string'],
    ['a host that is no id', { c1: 'host1/x' }, '/c1', expect.stringContaining('must be 1 to 63 letters')],
    ['a list', ['c1', 'host1'], '', 'must be a container id, HOST/CONTAINER or {"CONTAINER":"HOST"}'],
  ])('are refused with %s', async (_case, entry, member, detail) => {
    const { database, ask } = await api();
    const before = await rowCounts(database);
    const text = typeof entry === 'string' ? entry : JSON.stringify(entry);
    const answer = await ask('POST', '/cen/import', `{"cenList":[{"cenID":"lan","containerIDs":["c0",${text}]}]}`);
    expect(await answer.json()).toMatchObject({
      status: 400,
      errors: [{ pointer: `/cenList/0/containerIDs/1${member}`, detail }],
    });
    expect(await rowCounts(database)).toEqual(before);
  });

  it('are refused when an object repeats a text', async () => {
    const { ask } = await api();
    const answer = await ask('POST', '/cen/import', importing('c1', { c1: 'host1' }));
    expect(await answer.json()).toMatchObject({
      status: 400,
      errors: [{ pointer: '/cenList/0/containerIDs/1', detail: 'container c1 is in the list twice' }],
    });
  });

  it('are kept as texts in the operation', async () => {
    const { ask } = await api();
    await ask('POST', '/cen/import', importing({ c1: 'host1' }, 'c2'));
    const { operations } = await (await ask('GET', '/operations?kind=cen.import')).json();
    expect(operations).toMatchObject([{ request: importing('host1/c1', 'c2') }]);
  });
});

describe('a page of another origin, which leviathan_rest_lib answered with *', () => {
  const friend = { origin: 'https://friend.example', 'sec-fetch-site': 'cross-site' };
  const preflight = {
    ...{ 'access-control-request-method': 'PUT', 'access-control-request-headers': 'authorization,content-type' },
  };

  it('may read answers if the origin is listed, also those of errors', async () => {
    const { ask } = await api();
    for (const [method, path] of [
      ['PUT', '/cen/lan'],
      ['GET', '/cen/nobody'],
      ['GET', '/v1/processes'],
    ] as const) {
      const { headers } = await ask(method, path, undefined, friend);
      expect(headers.get('access-control-allow-origin')).toBe('https://friend.example');
      expect(headers.get('access-control-expose-headers')).toBe('*');
      expect(headers.get('vary')).toBe('Origin');
    }
  });

  it('may not read them otherwise', async () => {
    const { ask } = await api();
    const refused = await ask('GET', '/cen', undefined, { origin: 'https://evil.example' });
    expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([403, null]);
    const own = await ask('GET', '/cen', undefined, { origin: 'http://localhost' });
    expect([own.status, own.headers.get('access-control-allow-origin')]).toEqual([200, null]);
    expect(own.headers.get('vary')).toBe('Origin');
    const stranger = { origin: 'https://evil.example', ...preflight };
    const denied = await ask('OPTIONS', '/cen/lan', undefined, stranger);
    expect([denied.status, denied.headers.get('access-control-allow-methods')]).toEqual([403, null]);
  });

  it('has its preflights answered without a token, and its requests only with it', async () => {
    const { database } = await api();
    const ask = client(database, 'a-token-of-16-or-more');
    const answer = await ask('OPTIONS', '/cen/lan', undefined, { ...friend, ...preflight });
    expect(answer.status).toBe(204);
    expect(answer.headers.get('access-control-allow-methods')).toBe('GET, HEAD, POST, PUT, PATCH, DELETE');
    expect(answer.headers.get('access-control-allow-headers')).toBe('Authorization, *');
    const unknown = await ask('PUT', '/cen/lan', undefined, friend);
    expect([unknown.status, unknown.headers.get('access-control-allow-origin')]).toEqual([401, friend.origin]);
    expect((await ask('OPTIONS', '/cen/lan', undefined, friend)).status).toBe(401);
    expect((await rowCounts(database)).operations).toBe(0);
  });
});
