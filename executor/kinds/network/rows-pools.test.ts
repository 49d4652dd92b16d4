import { describe, expect, it } from 'vitest';
import { failed, PoolsApi } from '../../../test/support/pools.ts';
import type { Network } from './desired.ts';

/** What a network desires of containers and their networks, in words. */
function inWords({ namespaces, segments, isolations }: Network): string[] {
  return [
    ...namespaces.map(({ name, present, addressing }) => {
      const addresses = (addressing?.addresses ?? []).filter((each) => each.present).map(({ address }) => address);
      const via = addressing?.defaultRoute ? ` via ${addressing.defaultRoute.via}` : '';
      return `${present ? name : `no ${name}`}${addresses.map((address) => ` ${address}`).join('')}${via}`;
    }),
    ...segments.map(({ name, made, members, without }) => {
      const all = without === undefined ? '' : ` of others, without ${without.map(({ container }) => container)}`;
      return `${made ? 'made' : 'unmade'} ${name}: ${members.map(({ container }) => container).join(' ')}${all}`;
    }),
    ...isolations.map(({ name, present }) => `${name} ${present ? 'is isolated' : 'is not isolated'}`),
  ];
}

async function changeOf(api: PoolsApi) {
  const { change } = await api.next();
  return { before: inWords(change.before), after: inWords(change.after), total: change.total };
}

describe('a new pool', () => {
  it('is made with the new network that it names, in one operation', async () => {
    const api = await PoolsApi.start();
    await api.pool('p', 3, ['net']);
    expect(await changeOf(api)).toEqual({
      before: ['no p-1', 'no p-2', 'no p-3', 'unmade net: ', 'net is not isolated'],
      after: [
        'p-1 10.10.0.10 via 10.10.0.1',
        'p-2 10.10.0.11 via 10.10.0.1',
        'p-3 10.10.0.12 via 10.10.0.1',
        'made net: p-1 p-2 p-3',
        'net is isolated',
      ],
      total: 3,
    });
    await api.succeed();
    expect(await api.read('SELECT state, spec = applied_spec AS applied FROM cpools')).toEqual([
      { state: 'ready', applied: 1 },
    ]);
    expect(await api.read("SELECT DISTINCT state, spec ->> '$.tag' AS tag FROM containers")).toEqual([
      { state: 'running', tag: 'p' },
    ]);
    expect(await api.read('SELECT c.state, i.state AS cin FROM cens c, cins i')).toEqual([
      { state: 'ready', cin: 'ready' },
    ]);
  });

  it('leaves nothing when it fails', async () => {
    const api = await PoolsApi.start();
    await api.pool('p', 3, ['net']);
    await api.end(failed);
    const counts = ['containers', 'members', 'cens', 'cins', 'cpools', 'cin_cens', 'host_names', 'operation_subjects'];
    for (const table of counts) expect([table, await api.read(`SELECT * FROM ${table}`)]).toEqual([table, []]);
  });

  it('joins the first CEN of a CIN, and neither makes nor changes what is not made', async () => {
    const api = await PoolsApi.start();
    await api.send('POST', '/cen/import', { cenList: ['a', 'b'].map((cenID) => ({ cenID, containerIDs: [] })) });
    await api.send('POST', '/cin/import', { net: ['b', 'a'] });
    await api.pool('p', 2, ['net']);
    expect((await changeOf(api)).after).toEqual(['p-1', 'p-2', 'unmade b: p-1 p-2']);
    await api.succeed();
    expect(await api.containers()).toEqual(['p-1: b', 'p-2: b']);
  });

  it('has its default route where it asks for it: a CIN, or the CIN over a CEN', async () => {
    for (const name of ['second', 'upper']) {
      const api = await PoolsApi.start();
      await api.send('POST', '/cen/import', {
        cenList: ['lower', 'upper'].map((cenID) => ({ cenID, containerIDs: [] })),
      });
      await api.send('POST', '/cin/import', { first: ['lower'], second: ['upper'] });
      await api.send('POST', '/cen/make', ['lower', 'upper']);
      await api.send('POST', '/cin/make', ['first', 'second']);
      await api.succeed();
      await api.pool('p', 1, ['first', { cinID: name, default_route: 'true' }]);
      expect((await changeOf(api)).after).toContain('p-1 10.10.0.10 10.11.0.10 via 10.11.0.1');
      await api.succeed();
      await api.pool('p', 1, ['first', 'second']);
      const { before, after } = await changeOf(api);
      expect(before).toContain('p-1 10.10.0.10 10.11.0.10 via 10.11.0.1');
      expect(after).toContain('p-1 10.10.0.10 10.11.0.10 via 10.10.0.1');
      await api.end(failed);
      expect(await api.read("SELECT spec ->> '$.default_route' AS route FROM containers")).toEqual([
        { route: 'second' },
      ]);
    }
  });
});

describe('a pool that exists', () => {
  async function poolOf(size: number, cins: readonly string[] = ['net']): Promise<PoolsApi> {
    const api = await PoolsApi.start();
    await api.pool('p', size, cins);
    await api.succeed();
    return api;
  }

  const named = (...numbers: number[]) => numbers.map((number) => `p-${number}: net`);

  it('grows, observing only what it adds', async () => {
    const api = await poolOf(4);
    await api.pool('p', 5, ['net']);
    expect(await changeOf(api)).toEqual({
      before: ['no p-5', 'made net:  of others, without p-5'],
      after: ['p-5 10.10.0.14 via 10.10.0.1', 'made net: p-5 of others, without '],
      total: 1,
    });
  });

  it('shrinks by its newest containers, which are gone afterwards', async () => {
    const api = await poolOf(6);
    await api.pool('p', 4, ['net']);
    expect((await changeOf(api)).after).toEqual(['no p-5', 'no p-6', 'made net:  of others, without p-5,p-6']);
    await api.succeed();
    expect(await api.containers()).toEqual(named(1, 2, 3, 4));
    expect(await api.read('SELECT count(*) AS count FROM containers')).toEqual([{ count: 4 }]);
  });

  it('changes nothing if it is already as requested', async () => {
    const api = await poolOf(3);
    await api.pool('p', 3, ['net']);
    expect(await changeOf(api)).toMatchObject({
      before: ['made net:  of others, without '],
      after: ['made net:  of others, without '],
    });
  });

  it('leaves and joins networks, but not those that somebody else has put a container in', async () => {
    const api = await poolOf(2, ['a', 'b']);
    await api.send('PUT', '/host/host1/p-1/other');
    await api.succeed();
    await api.pool('p', 2, ['b', 'c']);
    await api.succeed();
    expect(await api.containers()).toEqual(['p-1: b other c', 'p-2: b c']);
  });

  it('is as before when scaling fails', async () => {
    const api = await poolOf(3);
    const rows = () => api.read('SELECT name, desired, spec, applied_spec FROM containers ORDER BY name');
    const before = await rows();
    for (const [size, cins] of [
      [1, ['net']],
      [5, ['net']],
      [2, ['other']],
    ] as const) {
      await api.pool('p', size, cins);
      await api.end(failed);
      expect(await rows()).toEqual(before);
      expect(await api.containers()).toEqual(named(1, 2, 3));
      expect(await api.read('SELECT spec = applied_spec AS same, state FROM cpools')).toEqual([
        { same: 1, state: 'failed' },
      ]);
    }
  });

  it('gets back a container that somebody has deleted', async () => {
    const api = await poolOf(3);
    await api.send('DELETE', '/host/host1/p-2');
    await api.succeed();
    await api.pool('p', 3, ['net']);
    await api.succeed();
    expect((await api.containers()).sort()).toEqual(named(1, 2, 3));
  });

  it('goes with its containers, and leaves the network', async () => {
    const api = await poolOf(3);
    await api.send('DELETE', '/cpool/p');
    expect((await changeOf(api)).after).toEqual(['no p-1', 'no p-2', 'no p-3', 'made net: ']);
    await api.succeed();
    expect(
      await api.read(
        'SELECT (SELECT count(*) FROM cpools) AS pools, (SELECT count(*) FROM containers) AS containers, (SELECT count(*) FROM cens) AS cens',
      ),
    ).toEqual([{ pools: 0, containers: 0, cens: 1 }]);
  });
});

describe('a pool that is scaled again before an earlier request has ended', () => {
  /** The pool `p` of 3, then these requests, of which the first fails and the others succeed. */
  async function after(...sizes: number[]): Promise<string[]> {
    const api = await PoolsApi.start();
    await api.pool('p', 3, ['net']);
    await api.succeed();
    for (const size of sizes) await api.pool('p', size, ['net']);
    await api.end(failed);
    await api.succeed();
    const containers = await api.containers();
    const [row] = await api.read<{ count: number }>('SELECT count(*) AS count FROM containers');
    expect(row?.count).toBe(containers.length);
    return containers;
  }

  const first = (size: number) => Array.from({ length: size }, (_, index) => `p-${index + 1}: net`);

  it.each([
    [5, 4],
    [1, 2],
    [5, 2],
    [1, 4],
    [2, 3],
  ])('has the size of the last request, if one for %i fails and one for %i succeeds', async (failing, size) => {
    expect(await after(failing, size)).toEqual(first(size));
  });

  it('also takes what that request has not taken', async () => {
    const api = await PoolsApi.start();
    await api.pool('p', 6, ['net']);
    await api.succeed();
    await api.pool('p', 4, ['net']);
    await api.pool('p', 5, ['net']);
    await api.end(failed);
    expect((await changeOf(api)).after).toEqual([
      'p-5 10.10.0.14 via 10.10.0.1',
      'no p-6',
      // As for every member that joins again: its new membership replaces the one that was to be removed.
      'made net: p-5 of others, without p-5,p-6',
    ]);
  });

  it('creates containers again that are still to be removed, in no network either', async () => {
    const api = await PoolsApi.start();
    await api.pool('p', 3);
    await api.succeed();
    await api.pool('p', 1);
    await api.pool('p', 3);
    await api.end();
    expect((await changeOf(api)).after).toEqual(['p-2', 'p-3']);
    await api.succeed();
    expect(await api.containers()).toEqual(['p-1:', 'p-2:', 'p-3:']);
  });

  it('and is deleted', async () => {
    const api = await PoolsApi.start();
    await api.pool('p', 3, ['net']);
    await api.send('DELETE', '/cpool/p');
    await api.end(failed);
    await api.succeed();
    expect(await api.read('SELECT name FROM containers')).toEqual([]);
    expect(await api.read('SELECT name FROM cpools')).toEqual([]);
  });

  it('after a deletion that is still to come is a new one', async () => {
    const api = await PoolsApi.start();
    await api.pool('p', 3, ['net']);
    await api.succeed();
    await api.send('DELETE', '/cpool/p');
    await api.pool('p', 2, ['net']);
    await api.succeed();
    expect(await api.containers()).toEqual(first(2));
    expect(await api.read('SELECT count(*) AS count FROM containers')).toEqual([{ count: 2 }]);
    expect(await api.read('SELECT desired, state FROM cpools')).toEqual([{ desired: 'present', state: 'ready' }]);
  });

  it('two pools of one request share the new network that one of them could not make', async () => {
    const api = await PoolsApi.start();
    await api.send('POST', '/cpool', {
      cpoolList: ['p', 'q'].map((cpoolID) => ({ cpoolID, type: 'netns', start_with: 2, cins: [{ cinID: 'net' }] })),
    });
    await api.end(failed);
    expect((await changeOf(api)).after).toEqual([
      'q-1 10.10.0.12 via 10.10.0.1',
      'q-2 10.10.0.13 via 10.10.0.1',
      'made net: q-1 q-2',
      'net is isolated',
    ]);
    await api.succeed();
    expect(await api.containers()).toEqual(['q-1: net', 'q-2: net']);
  });
});

it('a pool that could not be deleted goes with the last of its containers that a repair removes', async () => {
  const api = await PoolsApi.start();
  await api.pool('p', 2);
  await api.succeed();
  await api.send('DELETE', '/cpool/p');
  await api.end(failed);
  expect(await api.read('SELECT desired, state FROM cpools')).toEqual([{ desired: 'absent', state: 'degraded' }]);
  for (const [name, left] of [
    ['p-1', 1],
    ['p-2', 0],
  ] as const) {
    await api.repair('containers', name);
    await api.succeed();
    expect(await api.read('SELECT name FROM cpools')).toHaveLength(left);
  }
  expect(await api.read('SELECT name FROM containers')).toEqual([]);
});
