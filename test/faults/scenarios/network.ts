import { ip } from '../../support/host.ts';
import { type Act, inOrder, nothing, request, type Scenarios } from '../scenario.ts';

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
/** A foreign link is in the way, so that the change fails and is undone. */
const occupied: Act = async () => {
  ip('netns', 'add', 'd');
};

export const networkRows = [
  "SELECT 'cen', json_array(name, spec, applied_spec, desired, state, error, wiring_type) FROM cens",
  "SELECT 'container', json_array(name, spec, applied_spec, desired, state, error) FROM containers",
  "SELECT 'member', json_array(outside, removed) FROM members",
];

export const network: Scenarios = {
  make: { prepare: declare, act: make },
  destroy: { prepare: made, act: request('POST', '/cen/destroy', ['wire', 'bridge']) },
  'join: the wire becomes a bridge': { prepare: made, act: join },
  'leave: the bridge becomes a wire': {
    prepare: inOrder(made, join),
    act: request('DELETE', '/host/host1/e/wire'),
  },
  'import of another list': {
    prepare: made,
    act: request('POST', '/cen/import', { cenList: [{ cenID: 'bridge', containerIDs: ['a', 'c', 'f'] }] }),
  },
  'create a container': { prepare: nothing, act: request('PUT', '/host/host1/alone') },
  'delete a container': { prepare: made, act: request('DELETE', '/host/host1/b') },
  'delete a CEN': { prepare: made, act: request('DELETE', '/cen/bridge') },
  'a make that fails': { prepare: inOrder(declare, occupied), act: make },
};
