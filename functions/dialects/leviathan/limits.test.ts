import { describe, expect, it } from 'vitest';
import { linkName, shortName } from '../../../schema/names.ts';
import { api } from '../../../test/support/api.ts';
import { rowCounts } from '../../../test/support/database.ts';

const asynchronously = { prefer: 'respond-async' };

function containers(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `c${index}`);
}

describe('a CEN of 1,000 containers', () => {
  it('is the largest that a list can declare', async () => {
    const { database, ask } = await api();
    const cenList = [
      { cenID: 'small', containerIDs: ['a'] },
      { cenID: 'lan', containerIDs: containers(1001) },
    ];
    const before = await rowCounts(database);
    const answer = await ask('POST', '/cen/import', { cenList });
    expect(answer.status).toBe(400);
    const detail = 'has more than 1000 containers, the most that a CEN can have';
    expect(await answer.json()).toMatchObject({ errors: [{ pointer: '/cenList/1/containerIDs', detail }] });
    expect(await rowCounts(database)).toEqual(before);
  });

  it('rejects further containers, and accepts its members again', async () => {
    const { database, ask } = await api();
    await ask('POST', '/cen/import', { cenList: [{ cenID: 'lan', containerIDs: containers(1000) }] });
    expect((await ask('PUT', '/host/host1/c7/lan', undefined, asynchronously)).status).toBe(202);
    const before = await rowCounts(database);
    const answer = await ask('PUT', '/host/host1/other/lan', undefined, asynchronously);
    expect(answer.status).toBe(422);
    expect(await answer.json()).toMatchObject({ detail: 'CEN lan has 1000 containers, and can have no more' });
    expect(await rowCounts(database)).toEqual(before);
    await ask('DELETE', '/host/host1/c7/lan', undefined, asynchronously);
    expect((await ask('PUT', '/host/host1/other/lan', undefined, asynchronously)).status).toBe(202);
  });
});

it('a container is in 1,000 CENs at most, in one request or several', async () => {
  const { database, ask } = await api();
  const into = (from: number, count: number) =>
    ask('POST', '/cen/import', {
      cenList: Array.from({ length: count }, (_, cen) => ({ cenID: `n${from + cen}`, containerIDs: ['c'] })),
    });
  const refused = async (answer: Response, before: unknown) => {
    expect(answer.status).toBe(422);
    expect(await answer.json()).toMatchObject({ detail: 'A container can be in 1000 CENs at most' });
    expect(await rowCounts(database)).toEqual(before);
  };
  const empty = await rowCounts(database);
  await refused(await into(0, 1001), empty);
  expect((await into(0, 990)).status).toBe(200);
  expect((await into(990, 10)).status).toBe(200);
  const full = await rowCounts(database);
  expect(full.members).toBe(1000);
  await refused(await into(1000, 1), full);
});

describe('a request over a limit', () => {
  const many = (cens: number, size: number) => ({
    cenList: Array.from({ length: cens }, (_, cen) => ({
      cenID: `n${cen}`,
      containerIDs: Array.from({ length: size }, (_, index) => `c${cen}-${index}`),
    })),
  });
  const tooMany = 'has more than 5000 CENs, the most that a request can have';

  it.each([
    ['/cen/import', many(5001, 0), '/cenList', tooMany],
    [
      '/cen/import',
      many(201, 100),
      '/cenList',
      'has more than 20000 containers in all its lists, the most that an import can have',
    ],
    ['/cen/make', many(5001, 0).cenList.map(({ cenID }) => cenID), '', tooMany],
    ['/cen/destroy', many(5001, 0).cenList.map(({ cenID }) => cenID), '', tooMany],
  ])('%s is refused, and the list is named', async (path, body, pointer, detail) => {
    const { database, ask } = await api();
    const before = await rowCounts(database);
    const answer = await ask('POST', path, body);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ errors: [{ pointer, detail }] });
    expect(await rowCounts(database)).toEqual(before);
  });

  it('is accepted up to the limit', async () => {
    const { ask } = await api();
    expect((await ask('POST', '/cen/import', many(5000, 4))).status).toBe(200);
  });
});

/** Two ids of 20 characters that `shorten` maps to the same name. */
function twins(shorten: (id: string) => string): [string, string] {
  const seen = new Map<string, string>();
  for (let number = 0; ; number += 1) {
    const id = `a-very-long-id-${String(number).padStart(9, '0')}`;
    const other = seen.get(shorten(id));
    if (other !== undefined) return [other, id];
    seen.set(shorten(id), id);
  }
}

describe('a conflict of link names names both:', () => {
  const list = (...lists: [string, string[]][]) => ({
    cenList: lists.map(([cenID, containerIDs]) => ({ cenID, containerIDs })),
  });

  it.each<[string, unknown, unknown, string]>([
    [
      'a CEN and a container of one request',
      undefined,
      list(['c1.0o', []], ['lan', ['c1', 'c2']]),
      'CEN c1.0o and container c1 would have the same link name c1.0o',
    ],
    [
      'a CEN and a container that is there',
      list(['lan', ['c1', 'c2']]),
      list(['c1.0o', []]),
      'CEN c1.0o and container c1 in CEN lan would have the same link name c1.0o',
    ],
    [
      'a container and a CEN that is there',
      list(['c1.0o', []]),
      list(['lan', ['c1', 'c2']]),
      'container c1 and CEN c1.0o would have the same link name c1.0o',
    ],
  ])('%s', async (_, before, body, detail) => {
    const { ask } = await api();
    if (before !== undefined) expect((await ask('POST', '/cen/import', before)).status).toBe(200);
    const answer = await ask('POST', '/cen/import', body);
    expect(answer.status).toBe(409);
    expect(await answer.json()).toMatchObject({ detail });
  });

  it('two long ids with the same short form, in one request and in two', async () => {
    const [left, right] = twins(linkName);
    const detail = `CEN ${left} and CEN ${right} would have the same link name ${linkName(left)}`;
    const together = await (await api()).ask('POST', '/cen/import', list([left, []], [right, []]));
    expect(await together.json()).toMatchObject({ status: 409, detail });
    const { ask } = await api();
    await ask('PUT', `/cen/${right}`);
    expect(await (await ask('PUT', `/cen/${left}`)).json()).toMatchObject({ status: 409, detail });
  });

  it('two long containers with the same short form, in one request and in two', async () => {
    const [left, right] = twins(shortName);
    const link = `${shortName(left)}.0o`;
    const together = await (await api()).ask('POST', '/cen/import', list(['lan', [left, right]]));
    expect(await together.json()).toMatchObject({
      status: 409,
      detail: `container ${left} and container ${right} would have the same link name ${link}`,
    });
    const { ask } = await api();
    await ask('POST', '/cen/import', list(['lan', [right]]));
    expect(await (await ask('POST', '/cen/import', list(['wan', [left]]))).json()).toMatchObject({
      status: 409,
      detail: `container ${left} and container ${right} in CEN lan would have the same link name ${link}`,
    });
  });

  it('a CEN and the interface of a subnet', async () => {
    const { ask } = await api();
    await ask('PATCH', '/hypervisors/host1/subnets', { 'c6430cba-648a-41aa-aee4-b59dacfc790d': 'br0' }, asynchronously);
    expect(await (await ask('PUT', '/cen/br0')).json()).toMatchObject({
      status: 409,
      detail: 'CEN br0 and the interface of a subnet would have the same link name br0',
    });
  });
});
