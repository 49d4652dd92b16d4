import type { DriverHealth } from '../reopening.ts';
import type { LibvirtCaller, ReceivedEvent } from './connection.ts';
import { type Domains, domainsOf } from './domains/domains.ts';
import { decodeEvent, type LibvirtEvent, registerEvents } from './events.ts';
import { type Host, hostOf } from './host.ts';
import { type Networks, networksOf } from './networks/networks.ts';
import { LibvirtSession } from './session.ts';
import { completed, type LibvirtSettings } from './settings.ts';

export type { DriverHealth } from '../reopening.ts';
export type { Deadlines } from './deadlines.ts';
export type { Metadata } from './domains/configure.ts';
export type { Domains } from './domains/domains.ts';
export type { DomainDescription, DomainSummary } from './domains/read.ts';
export { type DomainState, isActive } from './domains/words.ts';
export { LibvirtError, type LibvirtErrorCode } from './errors.ts';
export type { LibvirtEvent } from './events.ts';
export type { Host, LibvirtVersion, NodeInfo } from './host.ts';
export type { Networks } from './networks/networks.ts';
export type { NetworkDescription } from './networks/read.ts';
export type { Reference } from './reference.ts';
export type { LibvirtSettings } from './settings.ts';
export type * from './statistics/model.ts';
export { openStatistics, type Statistics, type StatisticsSettings } from './statistics/statistics.ts';
export type * from './storage/model.ts';
export { openStorage, type Storage } from './storage/storage.ts';

/**
 * Virtual machines and their networks through libvirtd, over the protocol of its socket. Calls are executed side by
 * side, and in any order if one is made before another has returned. What only reads has a connection of its own, so
 * that it never waits for a change of a guest that hangs. While there is no connection calls are rejected as `away`; it is
 * opened again by itself. Its own `call` is on the connection for what only reads.
 */
export interface LibvirtDriver extends LibvirtCaller {
  readonly host: Host;
  readonly domains: Domains;
  readonly networks: Networks;
  /**
   * Calls a listener with every event of domains and networks, as it arrives: the listener must not wait. An event may
   * be older than what was read before it arrived.
   *
   * @returns a function that ends it
   */
  subscribe(listener: (event: LibvirtEvent) => void): () => void;
  health(): DriverHealth;
  /** Ends the connections; calls without an answer are rejected as `away`. */
  close(): Promise<void>;
}

export interface LibvirtOptions extends LibvirtSettings {
  /** URI of the XML namespace whose metadata of domains is read. */
  readonly namespace: string;
}

/** Opens the driver; if libvirtd is away, `health` tells so, and the connection is made when it is there. */
export async function openLibvirtDriver(options: LibvirtOptions): Promise<LibvirtDriver> {
  const { namespace, ...settings } = options;
  const { session, deadlines } = completed(settings);
  const listeners = new Set<(event: LibvirtEvent) => void>();
  const tell = (event: LibvirtEvent): void => {
    for (const listener of listeners) listener(event);
  };
  const received = (bytes: ReceivedEvent): void => {
    const event = understood(bytes, options.log);
    if (event !== null) tell(event);
  };
  const reading = await LibvirtSession.open({
    ...session,
    event: received,
    begin: (connection) => registerEvents(connection, deadlines.readMs),
    reopened: () => tell({ kind: 'everything' }),
  });
  const changing = await LibvirtSession.open(session);
  const sessions = { reading, changing };
  return {
    call: (...call) => reading.call(...call),
    host: hostOf(reading, deadlines),
    domains: domainsOf(sessions, namespace, deadlines),
    networks: networksOf(sessions, deadlines),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    health() {
      const health = reading.health();
      return health.available ? changing.health() : health;
    },
    async close() {
      await Promise.all([reading.close(), changing.close()]);
    },
  };
}

/** Null: one that nobody listens to. */
function understood(received: ReceivedEvent, log: LibvirtOptions['log']): LibvirtEvent | null {
  try {
    return decodeEvent(received);
  } catch (error) {
    log?.('warn', `an event of libvirt is not understood, and may be anything: ${String(error)}`);
    return { kind: 'everything' };
  }
}
