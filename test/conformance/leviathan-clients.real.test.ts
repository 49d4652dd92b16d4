import { describe, expect, it } from 'vitest';
import { addressPicture } from '../support/addressing.ts';
import { addAddress, ip, linkNames, links, namespaces, pings } from '../support/host.ts';
import { LocalWeft } from '../support/local-weft.ts';
import { until } from '../support/until.ts';
import { example, waiting } from './example.ts';

/* What clients of leviathan_rest_lib rely on beyond its document. */

const json = { 'content-type': 'application/json' };

describe('ids of Docker', () => {
  // Alike in what a shortened name keeps of them.
  const ids = ['a', 'b', 'c'].map((last) => `4f2a8c77d1e0${'9b34'.repeat(12)}${'5e7'}${last}`);
  const [first = '', second = '', third = ''] = ids;

  it('are names of namespaces as they are, in a wire, a bridge and a CIN', async () => {
    const weft = await LocalWeft.start();
    expect(ids.map(({ length }) => length)).toEqual([64, 64, 64]);
    await weft.request('POST', '/cen/import', {
      cenList: [{ cenID: 'lan', containerIDs: [first, { [second]: 'host1' }] }],
    });
    expect((await weft.request('POST', '/cen/make', ['lan'], waiting)).body).toMatchObject({ status: 'succeeded' });
    expect(namespaces()).toEqual([first, second]);
    expect(links(first).find(({ ifname }) => ifname === 'lan')?.ifalias).toContain(` ${first}.0i ${second}.0i`);
    addAddress(first, 'lan', '192.0.2.1/24');
    addAddress(second, 'lan', '192.0.2.2/24');
    expect(pings(first, '192.0.2.2')).toBe(true);

    expect((await weft.request('PUT', `/host/host1/${third}/lan`, undefined, json)).status).toBe(200);
    expect(linkNames(null)).toEqual(['lan', ...ids.map(() => expect.stringMatching(/^4f2~[0-9a-z]{6}\.0o$/))].sort());
    expect(new Set(linkNames(null)).size).toBe(4);
    await weft.request('POST', '/cin/import', { net: ['lan'] });
    expect((await weft.request('POST', '/cin/make', ['net'], waiting)).status).toBe(200);
    expect(pings(third, '10.10.0.10')).toBe(true);
    expect(await weft.sql('SELECT container FROM v_links ORDER BY container')).toEqual(
      ids.map((container) => ({ container })),
    );

    for (const id of ids)
      expect((await weft.request('DELETE', `/host/host1/${id}`, undefined, json)).body).toMatchObject({ contID: id });
    expect(namespaces()).toEqual([]);
    expect(linkNames(null)).toEqual(['lan']);
  });
});

it('wire_type calls a bridge a bus, wherever a CEN is answered', async () => {
  const weft = await LocalWeft.start();
  expect((await weft.request('PUT', '/cen/lan')).body).toMatchObject({ wiring_type: null, wire_type: null });
  await weft.request('POST', '/cen/make', ['lan'], waiting);
  for (const [method, container, wiring, wire] of [
    ['PUT', 'a', null, null],
    ['PUT', 'b', 'wire', 'wire'],
    ['PUT', 'c', 'bridge', 'bus'],
    ['DELETE', 'c', 'wire', 'wire'],
    ['PUT', 'd', 'bridge', 'bus'],
  ] as const) {
    const types = { cenID: 'lan', wiring_type: wiring, wire_type: wire };
    expect((await weft.request(method, `/host/host1/${container}/lan`)).body).toMatchObject(types);
    expect((await weft.request('GET', '/cen/lan')).body).toMatchObject(types);
    expect((await weft.request('GET', '/cen')).body).toMatchObject({ cens: [types] });
  }
  expect((await weft.request('DELETE', '/cen/lan')).body).toMatchObject({ wiring_type: 'bridge', wire_type: 'bus' });
});

/** A second is promised; tests allow three times what is promised, for a slow machine. */
const SOON_MS = 3 * 1_000;

it('the interfaces and addresses of a small network are there soon after the 202 of make: old clients look a second later', async () => {
  const weft = await LocalWeft.start();
  await weft.request('POST', '/cen/import', example);
  await weft.request('POST', '/cin/import', { cin1: ['cen1'] });
  const members = ['c1', 'c2', 'c13', 'c14'];
  expect((await weft.request('POST', '/cen/make', ['cen1'])).status).toBe(202);
  await until('they are wired', () => members.every((name) => isWired(name, 'cen1')), SOON_MS);
  expect((await weft.request('POST', '/cin/make', ['cin1'])).status).toBe(202);
  const expected = ['/cen1 10.10.0.1/16', ...members.map((name, index) => `${name}/cen1 10.10.0.${10 + index}/16`)];
  await until(
    'they have addresses',
    async () => {
      const picture = await addressPicture();
      return expected.every((line) => picture.includes(line));
    },
    SOON_MS,
  );
});

/** Read without a program, which would delay weft in this process. A namespace cannot be entered before it is complete. */
function isWired(container: string, link: string): boolean {
  try {
    return linkNames(container).includes(link);
  } catch {
    return false;
  }
}

it('the requests of the document are accepted as curl sends them', async () => {
  const weft = await LocalWeft.start();
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  expect((await weft.request('POST', '/cen/import', example, form)).status).toBe(200);
  expect((await weft.request('POST', '/cen/make', ['cen1', 'cen2'], { ...form, ...waiting })).status).toBe(200);
  expect((await weft.request('PUT', '/host/host1/container1/cen1', undefined, json)).status).toBe(200);
  expect((await weft.request('DELETE', '/host/host1/container1/cen1', undefined, json)).status).toBe(200);
  expect((await weft.request('POST', '/cin/import', { cin1: ['cen1'], cin2: ['cen2'] }, form)).status).toBe(200);
  for (const [path, addresses] of [
    ['/cin/make', ['10.10.0.1/16', '10.10.0.10/16', '10.11.0.1/16', '10.11.0.13/16']],
    ['/cin/destroy', []],
  ] as const) {
    const { status, headers, body } = await weft.request('POST', path, ['cin1', 'cin2'], form);
    expect([status, headers.get('location')]).toEqual([202, `/operations/${body.id}`]);
    await until(
      `${path} has ended`,
      async () => (await weft.request('GET', `/operations/${body.id}`)).body.status === 'succeeded',
    );
    const listed = [[], ['-n', 'c1'], ['-n', 'c7']].map((place) => ip(...place, '-4', '-brief', 'address', 'show'));
    expect((listed.join('\n').match(/10\.1\d\.\d+\.\d+\/16/g) ?? []).sort()).toEqual(addresses);
  }
});
