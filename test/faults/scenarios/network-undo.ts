import { inOrder, nothing, request, type Scenarios } from '../scenario.ts';

const declareWire = request('POST', '/cen/import', { cenList: [{ cenID: 'wire', containerIDs: ['a', 'b'] }] });
const madeWire = inOrder(declareWire, request('POST', '/cen/make', ['wire']));
const declareBridge = request('POST', '/cen/import', { cenList: [{ cenID: 'bridge', containerIDs: ['b', 'c', 'd'] }] });
const makeBridge = request('POST', '/cen/make', ['bridge']);

/** Operations that fail at one of their steps, and are undone. */
export const networkUndo: Scenarios = {
  'make, at its second port': { prepare: declareBridge, act: makeBridge, failing: 'veth.create:2' },
  'join, when the wire is to become a bridge': {
    prepare: madeWire,
    act: request('PUT', '/host/host1/e/wire'),
    failing: 'links.replace:1',
  },
  'import of another list': {
    prepare: inOrder(declareBridge, makeBridge),
    act: request('POST', '/cen/import', { cenList: [{ cenID: 'bridge', containerIDs: ['b', 'c', 'f'] }] }),
    failing: 'links.delete:1',
  },
  'create a container': {
    prepare: nothing,
    act: request('PUT', '/host/host1/alone'),
    failing: 'namespace.create:1',
  },
};
