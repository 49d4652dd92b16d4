import {
  canUseNetns,
  type HostChange,
  type NetnsDriver,
  openNetnsDriver,
  openNetnsMonitor,
} from '../drivers/netns/driver.ts';
import type { Nftables } from '../drivers/nftables/driver.ts';
import { kernelRelease } from '../host/identity.ts';
import { openIsolation } from './isolation.ts';
import type { Peer, PeerDefinition } from './peer.ts';

/** The source of changes on the host. */
export interface HostChanges {
  subscribe(listener: (change: HostChange) => void): () => void;
}

/** Links and namespaces of this host. */
export interface NetnsPeer extends Peer {
  readonly driver: NetnsDriver;
  readonly changes: HostChanges;
  /** The rules that isolate the CINs of a database. */
  isolationOf(databaseId: string): Nftables;
}

export const netns: PeerDefinition<NetnsPeer> = {
  technology: 'netns',

  async find() {
    const availability = await canUseNetns();
    return availability.available ? { available: true, version: kernelRelease() } : availability;
  },

  async open({ log, expires }) {
    const opened = new AsyncDisposableStack();
    const close = (each: { close(): Promise<void> }) => each.close();
    const say = (level: 'info' | 'warn', text: string) => log[level](text);
    const listeners = new Set<(change: HostChange) => void>();
    const changed = (change: HostChange) => {
      for (const listener of listeners) listener(change);
    };
    try {
      const driver = opened.adopt(await openNetnsDriver({ expires, log: say }), close);
      opened.adopt(await openNetnsMonitor({ log: say, changed }), close);
      return {
        driver,
        changes: {
          subscribe(listener) {
            listeners.add(listener);
            return () => listeners.delete(listener);
          },
        },
        isolationOf: (databaseId) => openIsolation(databaseId, { expires, log: say }),
        health: () => driver.health(),
        close: () => opened.disposeAsync(),
      };
    } catch (error) {
      await opened.disposeAsync();
      throw error;
    }
  },
};
