import type { Scenarios } from '../scenario.ts';
import { bridges } from './bridges.ts';
import { network } from './network.ts';
import { networkUndo } from './network-undo.ts';
import { spp } from './spp.ts';

export const groups = { network, networkUndo, bridges, spp } as const satisfies Record<string, Scenarios>;

export type Group = keyof typeof groups;
