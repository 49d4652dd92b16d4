import { addressPicture, isolation } from '../../support/addressing.ts';
import { ip } from '../../support/host.ts';
import type { Instance } from '../../support/instance.ts';
import { type Act, inOrder, request, type Scenarios } from '../scenario.ts';

/** A CIN over two CENs, which have a container in common. */
const declare = inOrder(
  request('POST', '/cen/import', {
    cenList: [
      { cenID: 'first', containerIDs: ['a', 'b'] },
      { cenID: 'second', containerIDs: ['b', 'c'] },
    ],
  }),
  request('POST', '/cin/import', { net: ['first', 'second'] }),
);
const makeCens = request('POST', '/cen/make', ['first', 'second']);
const makeCin = request('POST', '/cin/make', ['net']);
const made = inOrder(declare, makeCens, makeCin);
/** The host begins to use the block. */
const occupied: Act = async () => {
  ip('link', 'add', 'uplink', 'address', '02:00:00:00:00:01', 'type', 'bridge');
  ip('address', 'add', '10.10.7.1/24', 'dev', 'uplink');
};

export const cinsRows = [
  "SELECT 'cin', json_array(name, spec, applied_spec, desired, state, error, first) FROM cins",
  "SELECT 'cin_cen', json_array(position, removed) FROM cin_cens",
  "SELECT 'address', json_array(offset, container IS NULL) FROM cin_addresses",
];

/** Addresses and rules are no part of the links that every scenario compares. */
export async function outcome(weft: Instance): Promise<unknown> {
  return { addresses: await addressPicture(), isolation: await isolationPicture(weft) };
}

/** The rules that separate networks, without the ids in them. */
export async function isolationPicture(weft: Instance): Promise<string> {
  const [{ id } = { id: '' }] = await weft.sql<{ id: string }>('SELECT id FROM database');
  return isolation(id).replaceAll(/weft[-:][0-9a-f-]+(\/[0-9a-f-]+)?/g, 'label');
}

export const cins: Scenarios = {
  'make a CIN': { outcome, prepare: inOrder(declare, makeCens), act: makeCin },
  'destroy a CIN': { outcome, prepare: made, act: request('POST', '/cin/destroy', ['net']) },
  'make a CEN of a CIN': { outcome, prepare: inOrder(declare, makeCin), act: request('POST', '/cen/make', ['second']) },
  'destroy the first CEN of a CIN': { outcome, prepare: made, act: request('POST', '/cen/destroy', ['first']) },
  'join a CEN of a CIN': { outcome, prepare: made, act: request('PUT', '/host/host1/c/first') },
  'take a CEN out of a CIN': { outcome, prepare: made, act: request('POST', '/cin/import', { net: ['second'] }) },
  'delete a CIN': { outcome, prepare: made, act: request('DELETE', '/cin/net') },
  'a CIN whose block the host uses': { outcome, prepare: inOrder(declare, makeCens, occupied), act: makeCin },
};
