import { pino } from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import type { Capability } from '../../schema/api/capabilities.ts';
import { readConfiguration } from '../../schema/process/configuration.ts';
import type { Health } from '../kinds/health.ts';
import type { Peer, PeerDefinition } from './peer.ts';
import { absences, findPeers, Peers } from './peers.ts';

const INSTALLABLE: Capability = { available: true, version: null, installable: true };
const configuration = readConfiguration({ WEFT_SETUP: 'check' });

/** The opened peers of one definition, which finds and later has these states. */
async function opened(found: Capability, peer: Omit<Peer, 'close'>): Promise<Peers> {
  const definition: PeerDefinition = {
    technology: 'containers',
    find: async () => found,
    open: async () => ({ ...peer, close: async () => {} }),
  };
  const options = { configuration, databaseId: 'd', log: pino({ level: 'silent' }), expires: null };
  const peers = await Peers.open(await findPeers([definition], configuration), options);
  onTestFinished(() => peers.close());
  return peers;
}

it('a technology that is installed while it is open is shown as such', async () => {
  let now = INSTALLABLE;
  const peers = await opened(INSTALLABLE, { health: () => ({ available: true }), capability: () => now });
  expect(peers.capabilities()).toEqual({ containers: INSTALLABLE });
  now = { available: true, version: 'runc 1.1.5' };
  expect(peers.capabilities()).toEqual({ containers: now });
});

it('one that is away is shown as that', async () => {
  let health: Health = { available: true };
  const peers = await opened({ available: true, version: '1' }, { health: () => health });
  expect(peers.capabilities()).toEqual({ containers: { available: true, version: '1' } });
  health = { available: false, reason: 'it hangs' };
  expect(peers.capabilities()).toEqual({ containers: { available: false, away: true, reason: 'it hangs' } });
});

it('versions are detected again by the peers that can', async () => {
  let refreshed = 0;
  const refresh = async () => {
    refreshed += 1;
  };
  const peers = await opened(INSTALLABLE, { health: () => ({ available: true }), refresh });
  await peers.refresh();
  expect(refreshed).toBe(1);
});

it('the detection is given the configuration, and says what is missing', async () => {
  const definition: PeerDefinition = {
    technology: 'containers',
    find: async ({ setup }) => ({ available: false, reason: `runc not installed: WEFT_SETUP is ${setup}` }),
    open: () => Promise.reject(new Error('it is not there')),
  };
  const found = await findPeers([definition], configuration);
  expect(absences(found)).toEqual(['no containers on this host: runc not installed: WEFT_SETUP is check']);
});
