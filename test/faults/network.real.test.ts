import { afterAll, describe, expect, it } from 'vitest';
import { ip } from '../support/host.ts';
import { type Act, inOrder, request, surviveEveryKill } from './harness.ts';

/** The smallest networks that have every step: a wire and a bridge with a container in both. */
const declare = request('POST', '/cen/import', {
  cenList: [
    { cenID: 'wire', containerIDs: ['a', 'b'] },
    { cenID: 'bridge', containerIDs: ['b', 'c', 'd'] },
  ],
});
const make = request('POST', '/cen/make', ['wire', 'bridge']);
const made = inOrder(declare, make);
const join = request('PUT', '/host/host1/e/wire');
/** Something of somebody else's is in the way, so that the change fails and is undone. */
const occupied: Act = async () => {
  ip('netns', 'add', 'd');
};

let kills = 0;
afterAll(() => console.log(`note: killed at ${kills} places`));

describe('killed at each step, and started again, host and database end as if nothing had happened:', () => {
  it.each<[string, Act, Act]>([
    ['make', declare, make],
    ['destroy', made, request('POST', '/cen/destroy', ['wire', 'bridge'])],
    ['join: the wire becomes a bridge', made, join],
    ['leave: the bridge becomes a wire', inOrder(made, join), request('DELETE', '/host/host1/e/wire')],
    [
      'import of another list',
      made,
      request('POST', '/cen/import', { cenList: [{ cenID: 'bridge', containerIDs: ['a', 'c', 'f'] }] }),
    ],
    ['create a container', async () => undefined, request('PUT', '/host/host1/alone')],
    ['delete a container', made, request('DELETE', '/host/host1/b')],
    ['delete a CEN', made, request('DELETE', '/cen/bridge')],
    ['a make that fails', inOrder(declare, occupied), make],
  ])('%s', async (_name, prepare, act) => {
    const places = await surviveEveryKill({ prepare, act });
    expect(places.length).toBeGreaterThan(0);
    kills += places.length;
  });
});
