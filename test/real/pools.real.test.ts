import { describe, expect, it } from 'vitest';
import { addresses, defaultRoutes } from '../support/addressing.ts';
import { ip, links, namespaces, pings } from '../support/host.ts';
import { LocalWeft } from '../support/local-weft.ts';

const names = (size: number) => Array.from({ length: size }, (_, index) => `p-${index + 1}`).sort();

async function scale(weft: LocalWeft, start_with: number, cins: readonly object[] = [{ cinID: 'net' }]) {
  const cpoolList = [{ cpoolID: 'p', type: 'netns', start_with, cins }];
  const answer = await weft.request('POST', '/cpool', { cpoolList }, { prefer: 'wait=30' });
  expect(answer.status).toBe(200);
  return (answer.body.cpoolList as object[])[0];
}

/** Its index in the namespace: a link that is made again gets another one. */
const indexOf = (container: string): string =>
  ip('-n', container, '-oneline', 'link', 'show', 'net').split(':')[0] ?? '';

describe('a pool', () => {
  it('is made with its network, scaled down and up, and deleted', async () => {
    const weft = await LocalWeft.start();
    expect(await scale(weft, 20)).toMatchObject({ status: 'ready', containers: { length: 20 } });
    expect(namespaces().sort()).toEqual(names(20));
    expect(links(null).some(({ ifname }) => ifname === 'net')).toBe(true);
    for (const other of [2, 20]) expect(pings('p-1', `10.10.0.${9 + other}`)).toBe(true);
    expect(defaultRoutes('p-20')).toEqual(['10.10.0.1']);

    const kept = addresses('p-4');
    const index = indexOf('p-4');
    await scale(weft, 5);
    expect(namespaces().sort()).toEqual(names(5));
    await scale(weft, 12);
    expect(namespaces().sort()).toEqual(names(12));
    expect(addresses('p-4')).toEqual(kept);
    expect(indexOf('p-4')).toBe(index);
    expect(pings('p-12', '10.10.0.13')).toBe(true);
    expect(pings('p-4', '10.10.0.21')).toBe(true);

    expect((await weft.request('DELETE', '/cpool/p')).status).toBe(200);
    expect(namespaces()).toEqual([]);
    expect((await weft.request('GET', '/cen/net')).body).toMatchObject({ contIDs: [] });
  });

  it('has its default route via the CIN that it says, and in its place when that changes', async () => {
    const weft = await LocalWeft.start();
    await scale(weft, 3, [{ cinID: 'low' }, { cinID: 'high', default_route: 'true' }]);
    expect(names(3).map(defaultRoutes)).toEqual([['10.11.0.1'], ['10.11.0.1'], ['10.11.0.1']]);
    ip('-n', 'p-2', 'route', 'delete', 'default');
    await scale(weft, 3, [{ cinID: 'low', default_route: 'true' }, { cinID: 'high' }]);
    expect(names(3).map(defaultRoutes)).toEqual([['10.10.0.1'], ['10.10.0.1'], ['10.10.0.1']]);
    await scale(weft, 3, [{ cinID: 'high' }]);
    expect(names(3).map(defaultRoutes)).toEqual([['10.11.0.1'], ['10.11.0.1'], ['10.11.0.1']]);
    expect(
      links('p-1')
        .map(({ ifname }) => ifname)
        .sort(),
    ).toEqual(['high']);
  });

  it('leaves nothing behind when one of its containers cannot be made', async () => {
    const weft = await LocalWeft.start();
    ip('netns', 'add', 'p-7');
    const cpoolList = [{ cpoolID: 'p', type: 'netns', start_with: 10, cins: [{ cinID: 'net' }] }];
    const answer = await weft.request('POST', '/cpool', { cpoolList });
    expect(answer.body).toMatchObject({ status: 409, detail: expect.stringContaining('Namespace p-7') });
    expect(namespaces()).toEqual(['p-7']);
    expect((await weft.request('GET', '/cpool/p')).status).toBe(404);
    expect((await weft.request('GET', '/cen/net')).status).toBe(404);
    ip('netns', 'delete', 'p-7');
  });
});
