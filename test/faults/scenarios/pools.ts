import { type Act, inOrder, request, type Scenarios } from '../scenario.ts';
import { outcome } from './cins.ts';

/** A pool in a new network. */
function scale(start_with: number, cins: readonly object[] = [{ cinID: 'net' }]): Act {
  return request('POST', '/cpool', { cpoolList: [{ cpoolID: 'p', type: 'netns', start_with, cins }] });
}

export const poolsRows = [
  "SELECT 'cpool', json_array(name, json_remove(spec, '$.cens'), json_remove(applied_spec, '$.cens'), desired, state, error) FROM cpools",
  "SELECT 'pooled', json_array(name, pool IS NULL) FROM containers",
];

export const pools: Scenarios = {
  'make a pool': { outcome, prepare: inOrder(), act: scale(3) },
  'scale a pool up': { outcome, prepare: scale(3), act: scale(5) },
  'scale a pool down': { outcome, prepare: scale(5), act: scale(2) },
  'move a pool to another network': {
    outcome,
    prepare: scale(2),
    act: scale(2, [{ cinID: 'other', default_route: 'true' }]),
  },
  'delete a pool': { outcome, prepare: scale(3), act: request('DELETE', '/cpool/p') },
};
