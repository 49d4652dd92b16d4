import type { PeerDefinition } from '../peers/peer.ts';
import { bridges } from './bridges/index.ts';
import { calls } from './calls/index.ts';
import { domains } from './domains/index.ts';
import { images } from './images/index.ts';
import type { KindModule } from './kind.ts';
import { network } from './network/index.ts';
import { spp } from './spp/index.ts';
import { vlanNetworks } from './vlan-networks/index.ts';

/** All kinds of resources that an executor manages. */
export const kinds: readonly KindModule[] = [network, bridges, spp, images, vlanNetworks, domains, calls];

/** What these kinds use. */
export function peersOf(modules: readonly KindModule[]): PeerDefinition[] {
  return modules.flatMap(({ peer, alsoUses = [] }) => [peer, ...alsoUses]);
}
