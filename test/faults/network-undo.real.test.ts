import { afterAll, describe, expect, it } from 'vitest';
import { type Act, inOrder, request, surviveEveryKillOfUndo } from './harness.ts';

const declareWire = request('POST', '/cen/import', { cenList: [{ cenID: 'wire', containerIDs: ['a', 'b'] }] });
const madeWire = inOrder(declareWire, request('POST', '/cen/make', ['wire']));
const declareBridge = request('POST', '/cen/import', { cenList: [{ cenID: 'bridge', containerIDs: ['b', 'c', 'd'] }] });
const makeBridge = request('POST', '/cen/make', ['bridge']);

let kills = 0;
afterAll(() => console.log(`note: killed at ${kills} places`));

describe('killed at each step of an operation that fails and is undone, the host ends as it was before:', () => {
  it.each<[string, Act, Act, string]>([
    ['make, at its second port', declareBridge, makeBridge, 'veth.create:2'],
    ['join, when the wire is to become a bridge', madeWire, request('PUT', '/host/host1/e/wire'), 'links.replace:1'],
    [
      'import of another list',
      inOrder(declareBridge, makeBridge),
      request('POST', '/cen/import', { cenList: [{ cenID: 'bridge', containerIDs: ['b', 'c', 'f'] }] }),
      'links.delete:1',
    ],
    ['create a container', async () => undefined, request('PUT', '/host/host1/alone'), 'namespace.create:1'],
  ])('%s', async (_name, prepare, act, failing) => {
    const places = await surviveEveryKillOfUndo({ prepare, act }, failing);
    expect(places.length).toBeGreaterThan(0);
    kills += places.length;
  });
});
