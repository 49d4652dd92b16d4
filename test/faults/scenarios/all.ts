import type { Scenarios } from '../scenario.ts';
import { bridges, bridgesRows } from './bridges.ts';
import { cins, cinsRows } from './cins.ts';
import { images, imagesRows } from './images.ts';
import { network, networkRows } from './network.ts';
import { networkUndo } from './network-undo.ts';
import { pools, poolsRows } from './pools.ts';
import { processes, processesRows } from './processes.ts';
import { spp, sppRows } from './spp.ts';
import { vlanNetworks, vlanNetworksRows } from './vlan-networks.ts';

export const groups = {
  network,
  networkUndo,
  cins,
  pools,
  bridges,
  spp,
  images,
  processes,
  vlanNetworks,
} as const satisfies Record<string, Scenarios>;

/** The rows of kinds of resources, except ids and times: selections of a word and a JSON array. */
export const rowsOfKinds: readonly string[] = [
  ...networkRows,
  ...cinsRows,
  ...poolsRows,
  ...bridgesRows,
  ...sppRows,
  ...imagesRows,
  ...processesRows,
  ...vlanNetworksRows,
];

export type Group = keyof typeof groups;
