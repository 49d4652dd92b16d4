import { openSppDriver } from '../drivers/spp/driver.ts';
import type { Peer, PeerDefinition } from './peer.ts';
import { processOf, SppProcesses } from './spp-processes.ts';

/** The Soft Patch Panel processes that connect to this host. */
export interface SppPeer extends Peer {
  readonly processes: SppProcesses;
  /** Calls `changed` with a process that connected, disconnected, or changed; returns the function that ends it. */
  subscribe(changed: (process: number) => void): () => void;
}

export const spp: PeerDefinition<SppPeer> = {
  technology: 'spp',

  find: async () => ({ available: true, version: null }),

  /** Opens the ports that SPP processes connect to, or keeps trying to: see `health`. */
  async open({ configuration: { sppPrimary, sppSecondary }, log }) {
    const listeners = new Set<(process: number) => void>();
    let changed: (process: number) => void = () => undefined;
    const driver = await openSppDriver({
      primary: sppPrimary,
      secondary: sppSecondary,
      log: (level, text, data) => log[level](data, text),
      changed: (key) => changed(processOf(key)),
    });
    const processes = new SppProcesses(driver);
    changed = (process) => {
      for (const each of processes.noteChange(process)) for (const listener of listeners) listener(each);
    };
    return {
      processes,
      subscribe(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      health: () => driver.health(),
      close: () => driver.close(),
    };
  },
};
