import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { cenBodySchema, containerBodySchema } from '../../../schema/api/leviathan.ts';
import { operationSchema } from '../../../schema/api/operations.ts';
import { statement } from '../../../schema/database/database.ts';
import { example } from '../../../test/conformance/example.ts';
import { api, client } from '../../../test/support/api.ts';
import { insertHypervisor, rowCounts, temporaryDatabase } from '../../../test/support/database.ts';

describe('POST /cen/import', () => {
  it('declares CENs, containers and memberships, allocates every name, and is done at once', async () => {
    const { database, ask } = await api();
    const answer = await ask('POST', '/cen/import', example);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ imported: ['cen1', 'cen2', 'cen3', 'cen4', 'cen5'] });
    expect(await rowCounts(database)).toMatchObject({
      operations: 1,
      operation_subjects: 0,
      events: 1,
      host_names: 15 + 5 + 17,
      containers: 15,
      cens: 5,
      members: 17,
      guard: 0,
    });
    const [members] = await database.read([
      statement(`SELECT n.name AS cen, m.ordinal, m.outside FROM members m JOIN cens n ON n.id = m.cen
        JOIN containers c ON c.id = m.container WHERE c.name = 'c11' ORDER BY m.ordinal`),
    ]);
    expect(members).toEqual([
      { cen: 'cen3', ordinal: 0, outside: 'c11.0o' },
      { cen: 'cen4', ordinal: 1, outside: 'c11.1o' },
    ]);
  });

  it('replaces the members when it is repeated', async () => {
    const { ask } = await api();
    await ask('POST', '/cen/import', { cenList: [{ cenID: 'a', containerIDs: ['x', 'y', 'z'] }] });
    await ask('POST', '/cen/import', { cenList: [{ cenID: 'a', containerIDs: ['w', 'z', 'x'] }] });
    expect(await (await ask('GET', '/cen/a')).json()).toMatchObject({
      contIDs: ['w', 'z', 'x'],
      wiring_type: null,
      status: 'pending',
    });
    expect(await (await ask('GET', '/host/host1/y')).json()).toMatchObject({
      contID: 'y',
      cens: [],
      state: 'declared',
    });
  });

  it('gives a container the lowest free numbers', async () => {
    const { database, ask } = await api();
    await ask('POST', '/cen/import', { cenList: ['a', 'b', 'c'].map((cenID) => ({ cenID, containerIDs: ['x'] })) });
    await ask('POST', '/cen/import', { cenList: [{ cenID: 'b', containerIDs: [] }] });
    await ask('POST', '/cen/import', {
      cenList: ['d', 'e'].map((cenID) => ({ cenID, containerIDs: ['x', 'averylongcontainername'] })),
    });
    const [rows] = await database.read([
      statement(
        `SELECT n.name || ':' || m.outside AS link FROM members m JOIN cens n ON n.id = m.cen ORDER BY n.name, m.position`,
      ),
    ]);
    expect(rows).toEqual([
      { link: 'a:x.0o' },
      { link: 'c:x.2o' },
      { link: 'd:x.1o' },
      { link: expect.stringMatching(/^d:ave~[0-9a-z]{6}\.0o$/) },
      { link: 'e:x.3o' },
      { link: expect.stringMatching(/^e:ave~[0-9a-z]{6}\.1o$/) },
    ]);
  });

  it('ignores unknown members, with a warning', async () => {
    const { ask } = await api();
    const answer = await ask('POST', '/cen/import', { cenList: [{ cenID: 'a', containerIDs: [], 'x"y': 1 }], more: 2 });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('warning')).toBe('299 - "unknown members ignored: /cenList/0/x%22y, /more"');
  });

  it('takes a thousand containers in one request', async () => {
    const { database, ask } = await api();
    const containerIDs = Array.from({ length: 1000 }, (_, ordinal) => `c${ordinal}`);
    expect((await ask('POST', '/cen/import', { cenList: [{ cenID: 'big', containerIDs }] })).status).toBe(200);
    expect((await rowCounts(database)).members).toBe(1000);
  });
});

describe('bad input is refused with a pointer and leaves no row', () => {
  const list = (entry: unknown) => ({ cenList: [entry] });
  it.each<[string, string, string, unknown, number, unknown]>([
    ['no JSON', 'POST', '/cen/import', '{"cenList":', 400, [{ pointer: '', detail: 'is not JSON' }]],
    ['an empty body', 'POST', '/cen/import', '', 400, [{ pointer: '', detail: 'is not JSON' }]],
    ['not an object', 'POST', '/cen/import', '"cen1"', 400, [{ pointer: '', detail: 'must be an object' }]],
    ['a list in place of an object', 'POST', '/cen/import', '[]', 400, [{ pointer: '/cenList', detail: 'is missing' }]],
    ['a missing member', 'POST', '/cen/import', {}, 400, [{ pointer: '/cenList', detail: 'is missing' }]],
    [
      'a wrong type',
      'POST',
      '/cen/import',
      { cenList: {} },
      400,
      [{ pointer: '/cenList', detail: 'must be a list of CENs' }],
    ],
    [
      'an entry that is no object',
      'POST',
      '/cen/import',
      list(7),
      400,
      [{ pointer: '/cenList/0', detail: 'must be an object' }],
    ],
    [
      'a wrong id',
      'POST',
      '/cen/import',
      list({ cenID: '../x', containerIDs: [] }),
      400,
      [{ pointer: '/cenList/0/cenID', detail: expect.stringContaining('must be 1 to 63') }],
    ],
    [
      'an id with a line break',
      'POST',
      '/cen/import',
      list({ cenID: 'a\n', containerIDs: [] }),
      400,
      [{ pointer: '/cenList/0/cenID', detail: expect.stringContaining('must be 1 to 63') }],
    ],
    [
      'an id that is too long',
      'POST',
      '/cen/import',
      list({ cenID: 'a'.repeat(64), containerIDs: [] }),
      400,
      [{ pointer: '/cenList/0/cenID', detail: expect.stringContaining('must be 1 to 63') }],
    ],
    [
      'a reserved id',
      'POST',
      '/cen/import',
      list({ cenID: 'make', containerIDs: [] }),
      400,
      [{ pointer: '/cenList/0/cenID', detail: expect.stringContaining('no names of a network') }],
    ],
    [
      'an id that is a number',
      'POST',
      '/cen/import',
      list({ cenID: 5, containerIDs: [] }),
      400,
      [{ pointer: '/cenList/0/cenID', detail: 'must be a string' }],
    ],
    [
      'a container twice',
      'POST',
      '/cen/import',
      list({ cenID: 'a', containerIDs: ['x', 'y', 'x'] }),
      400,
      [{ pointer: '/cenList/0/containerIDs/2', detail: 'container x is in the list twice' }],
    ],
    [
      'a CEN twice',
      'POST',
      '/cen/import',
      {
        cenList: [
          { cenID: 'a', containerIDs: [] },
          { cenID: 'a', containerIDs: [] },
        ],
      },
      400,
      [{ pointer: '/cenList/1/cenID', detail: 'CEN a is in the list twice' }],
    ],
    [
      'every wrong member at once',
      'POST',
      '/cen/import',
      list({ cenID: '', containerIDs: ['ok', 1] }),
      400,
      [
        expect.objectContaining({ pointer: '/cenList/0/cenID' }),
        expect.objectContaining({ pointer: '/cenList/0/containerIDs/1' }),
      ],
    ],
    [
      'a container on an unknown host',
      'POST',
      '/cen/import',
      list({ cenID: 'a', containerIDs: ['host9/x'] }),
      422,
      [{ pointer: '/cenList/0/containerIDs/0', detail: 'hypervisor host9 not found' }],
    ],
    [
      'a list that is none',
      'POST',
      '/cen/make',
      { cens: [] },
      400,
      [{ pointer: '', detail: 'must be a JSON list of CEN ids' }],
    ],
    [
      'an unknown CEN in a list',
      'POST',
      '/cen/make',
      ['nobody'],
      404,
      [{ pointer: '/0', detail: 'CEN nobody not found' }],
    ],
    [
      'an unknown CEN to destroy',
      'POST',
      '/cen/destroy',
      ['nobody'],
      404,
      [{ pointer: '/0', detail: 'CEN nobody not found' }],
    ],
    [
      'a wrong id in a list',
      'POST',
      '/cen/make',
      ['a b'],
      400,
      [{ pointer: '/0', detail: expect.stringContaining('must be 1 to 63') }],
    ],
    ['a wrong id in a path', 'PUT', '/cen/a%2Fb', undefined, 400, [{ parameter: 'CenId', detail: expect.any(String) }]],
    [
      'a path that does not decode',
      'PUT',
      '/cen/%ff',
      undefined,
      400,
      [{ parameter: 'CenId', detail: expect.any(String) }],
    ],
    [
      'an unknown host',
      'PUT',
      '/host/host9/c1',
      undefined,
      404,
      [{ parameter: 'HostId', detail: 'hypervisor host9 not found' }],
    ],
    [
      'an unknown member of an extension',
      'PUT',
      '/host/host1/c1',
      { tagg: 'x' },
      400,
      [{ pointer: '/tagg', detail: 'unknown member' }],
    ],
    [
      'a process without a runtime',
      'PUT',
      '/host/host1/c1',
      { image: 'ubuntu:14.04' },
      422,
      [{ pointer: '/image', detail: 'needs a container runtime' }],
    ],
    [
      'a container that is not there',
      'GET',
      '/host/host1/c1',
      undefined,
      404,
      [{ parameter: 'ContainerId', detail: 'container c1 not found on host1' }],
    ],
    [
      'a CEN that is not there',
      'DELETE',
      '/cen/a',
      undefined,
      404,
      [{ parameter: 'CenId', detail: 'CEN a not found' }],
    ],
    ['no member', 'DELETE', '/host/host1/c1/a', undefined, 404, [{ parameter: 'CenId', detail: 'c1 is not in a' }]],
    [
      'a wrong wait',
      'GET',
      '/operations?limit=x',
      undefined,
      400,
      [{ parameter: 'limit', detail: 'must be a whole number' }],
    ],
    [
      'an unknown parameter',
      'GET',
      '/operations?page=1',
      undefined,
      400,
      [{ parameter: 'page', detail: 'unknown parameter' }],
    ],
  ])('%s', async (_case, method, path, body, status, errors) => {
    const { database, ask } = await api();
    const before = await rowCounts(database);
    const answer = await ask(method, path, body);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(await answer.json()).toMatchObject({
      status,
      errors,
      detail: expect.any(String),
      message: expect.any(String),
    });
    expect(answer.status).toBe(status);
    expect(await rowCounts(database)).toEqual(before);
  });

  it('a body over 1 MiB', async () => {
    const { database, ask } = await api();
    const answer = await ask('POST', '/cen/import', `{"cenList":[],"x":"${'x'.repeat(1024 * 1024)}"}`);
    expect(answer.status).toBe(413);
    expect((await rowCounts(database)).operations).toBe(0);
  });

  it('a deeply nested body', async () => {
    const { ask } = await api();
    expect((await ask('POST', '/cen/import', '['.repeat(500_000))).status).toBe(400);
  });
});

describe('POST /cen/make', () => {
  it('answers 202 at once with one operation that covers the list', async () => {
    const { database, ask } = await api();
    await ask('POST', '/cen/import', example);
    const answer = await ask('POST', '/cen/make', ['cen1', 'cen4', 'cen1']);
    expect(answer.status).toBe(202);
    const operation = (await answer.json()) as { id: string };
    expect(answer.headers.get('location')).toBe(`/operations/${operation.id}`);
    expect(operation).toMatchObject({ kind: 'cen.make', status: 'pending', progress: { done: 0, total: 6 } });
    const parts = (await (await ask('GET', `/operations?parent=${operation.id}`)).json()) as {
      operations: { kind: string }[];
    };
    expect(parts.operations).toHaveLength(2);
    expect((await rowCounts(database)).operation_subjects).toBe(2 + 4 + 2);
    expect(await (await ask('GET', '/cen/cen1')).json()).toMatchObject({ status: 'preparing', wiring_type: null });
  });

  it('waits when requested, and answers 202 if the operation has not ended', async () => {
    const { ask } = await api();
    await ask('POST', '/cen/import', example);
    const answer = await ask('POST', '/cen/make', ['cen1'], { prefer: 'wait=0' });
    expect(answer.status).toBe(202);
    expect(answer.headers.get('preference-applied')).toBe('wait=0');
  });

  it('has nothing to do for an empty list', async () => {
    const { ask } = await api();
    const answer = await ask('POST', '/cen/make', [], { prefer: 'wait=5' });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ status: 'succeeded' });
  });

  it('is a 422 with the reason if the host has no namespaces', async () => {
    const database = await temporaryDatabase();
    await insertHypervisor(
      database,
      'host1',
      JSON.stringify({ netns: { available: false, reason: 'the process lacks CAP_SYS_ADMIN' } }),
    );
    const ask = client(database);
    await ask('POST', '/cen/import', example);
    const answer = await ask('POST', '/cen/make', ['cen1']);
    expect(answer.status).toBe(422);
    expect(await answer.json()).toMatchObject({
      detail: 'host1 cannot make network namespaces: the process lacks CAP_SYS_ADMIN',
    });
  });

  it('does not wait for a hypervisor that is dead', async () => {
    const { database, ask } = await api();
    await ask('POST', '/cen/import', example);
    await database.write([statement('UPDATE hypervisors SET last_seen_ms = last_seen_ms - 60000')]);
    const answer = await ask('PUT', '/host/host1/c1');
    expect(answer.status).toBe(202);
    expect(await answer.json()).toMatchObject({
      waiting: expect.stringMatching(/^waiting for host1, last seen 6\d s ago$/),
    });
  });
});

describe('the answers', () => {
  it('match their schemas', async () => {
    const { ask } = await api();
    await ask('POST', '/cen/import', example);
    expect(
      v.is(v.strictObject(operationSchema.entries), await (await ask('POST', '/cen/make', ['cen1', 'cen4'])).json()),
    ).toBe(true);
    expect(v.is(v.strictObject(cenBodySchema.entries), await (await ask('GET', '/cen/cen1')).json())).toBe(true);
    expect(v.is(v.strictObject(containerBodySchema.entries), await (await ask('GET', '/host/host1/c11')).json())).toBe(
      true,
    );
  });
});
