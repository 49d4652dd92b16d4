import { describe, expect, it } from 'vitest';
import { rowCounts } from '../../../test/support/database.ts';
import { PoolsApi } from '../../../test/support/pools.ts';

const asynchronously = { prefer: 'respond-async' };

const pool = (start_with: number, cins: readonly string[] = [], more: object = {}) => ({
  ...{ cpoolID: 'p', type: 'netns', start_with, cins: cins.map((cinID) => ({ cinID })) },
  ...more,
});

describe('a request that cannot be fulfilled is refused with a pointer and leaves no row:', () => {
  it.each<[string, unknown, number, string, unknown]>([
    [
      'an image',
      [pool(1), pool(3, ['cen1'], { cpoolID: 'q', type: 'ubuntu:14.04' })],
      422,
      'host1 cannot run processes in containers: its executor has not reported its capabilities yet',
      [{ pointer: '/cpoolList/1/type', detail: 'needs a container runtime' }],
    ],
    [
      'a container that is not of the pool',
      [pool(3)],
      409,
      'Container p-2 exists already, and is not in the pool',
      [{ detail: 'container p-2 is not in the pool' }],
    ],
    [
      'a CIN without a CEN',
      [pool(1, ['lan', 'bare'])],
      422,
      '/cpoolList/0/cins/1/cinID CIN bare has no CEN',
      [{ pointer: '/cpoolList/0/cins/1/cinID', detail: 'CIN bare has no CEN' }],
    ],
    [
      'a CEN that is being deleted',
      [pool(1, ['going'])],
      409,
      '/cpoolList/0/cins/0/cinID going is being deleted',
      [{ pointer: '/cpoolList/0/cins/0/cinID', detail: 'going is being deleted' }],
    ],
    [
      'too many containers in a CEN',
      [pool(600, ['full'], { cpoolID: 'q' }), pool(401, ['lan', 'full'], { cpoolID: 'r' })],
      422,
      'CEN full would have 1001 containers, and can have 1000',
      [
        { pointer: '/cpoolList/0/cins/0/cinID', detail: 'full has too many containers' },
        { pointer: '/cpoolList/1/cins/1/cinID', detail: 'full has too many containers' },
      ],
    ],
    [
      'a block with too few addresses',
      [pool(6, ['small'], { cpoolID: 'q' })],
      422,
      'CIN small has room for 5 containers in 172.20.0.0/29, and has 0',
      undefined,
    ],
    [
      'a link name that two objects would have',
      [pool(1, ['q-1.0o'], { cpoolID: 'q' }), pool(1, ['lan'], { cpoolID: 'q2' }), pool(1, ['x.0o'], { cpoolID: 'x' })],
      409,
      'CEN q-1.0o and container q-1 would have the same link name q-1.0o',
      undefined,
    ],
  ])('%s', async (_, cpoolList, status, detail, errors) => {
    const api = await PoolsApi.start();
    await api.send('POST', '/cen/import', {
      cenList: ['lan', 'few', 'going'].map((cenID) => ({ cenID, containerIDs: [] })),
    });
    await api.send('POST', '/cin/import', { bare: [], small: { cens: ['few'], cidr: '172.20.0.0/29' } });
    await api.send('PUT', '/host/host1/p-2');
    await api.succeed();
    await api.send('DELETE', '/cen/going');
    const before = await rowCounts(api.database);
    const answer = await api.ask('POST', '/cpool', { cpoolList }, asynchronously);
    expect([answer.status, await answer.json()]).toMatchObject([
      status,
      errors === undefined ? { detail } : { detail, errors },
    ]);
    expect(await rowCounts(api.database)).toEqual(before);
  });

  it.each<[string, unknown, string, string]>([
    ['no number', [pool(-1)], '/cpoolList/0/start_with', 'must be a number from 0 to 1000'],
    ['too large a number', [pool(1001)], '/cpoolList/0/start_with', 'must be a number from 0 to 1000'],
    [
      'a long id',
      [pool(1, [], { cpoolID: 'p'.repeat(59) })],
      '/cpoolList/0/cpoolID',
      'must be 1 to 58 letters, digits, "_", "." and "-", and begin with a letter or digit',
    ],
    ['a pool twice', [pool(1), pool(2)], '/cpoolList/1/cpoolID', 'pool p is in the list twice'],
    ['a network twice', [pool(1, ['a', 'b', 'a'])], '/cpoolList/0/cins/2/cinID', 'a is in the list twice'],
    [
      'two default routes',
      [
        pool(1, [], {
          cins: [
            { cinID: 'a', default_route: 'true' },
            { cinID: 'b', default_route: true },
          ],
        }),
      ],
      '/cpoolList/0/cins/1/default_route',
      'is the second one of the pool',
    ],
    [
      'a default route that is no flag',
      [pool(1, [], { cins: [{ cinID: 'a', default_route: 'yes' }] })],
      '/cpoolList/0/cins/0/default_route',
      'must be "true" or "false"',
    ],
    [
      'too many pools',
      Array.from({ length: 1001 }, (_, index) => pool(0, [], { cpoolID: `p${index}` })),
      '/cpoolList',
      'has more than 1000 pools, the most that a request can have',
    ],
    [
      'too many interfaces',
      Array.from({ length: 11 }, (_, index) => pool(1000, ['a', 'b'], { cpoolID: `p${index}` })),
      '/cpoolList',
      'has more than 20000 interfaces of containers in all its pools, the most that a request can have',
    ],
    [
      'too many networks',
      [
        pool(
          1,
          Array.from({ length: 101 }, (_, index) => `n${index}`),
        ),
      ],
      '/cpoolList/0/cins',
      'has more than 100 networks, the most that a pool can have',
    ],
  ])('%s', async (_, cpoolList, pointer, detail) => {
    const api = await PoolsApi.start();
    const answer = await api.ask('POST', '/cpool', { cpoolList });
    expect([answer.status, await answer.json()]).toMatchObject([400, { errors: [{ pointer, detail }] }]);
  });
});
