import type { Capability, Technology } from '../../schema/api/capabilities.ts';
import type { Configuration } from '../../schema/process/configuration.ts';
import type { Logger } from '../../schema/process/logger.ts';
import type { Health } from '../kinds/health.ts';

/** What kinds of resources stand on, opened: a driver, its events, its health. */
export interface Peer {
  health(): Health;
  close(): Promise<void>;
}

export interface PeerOptions {
  readonly configuration: Configuration;
  readonly log: Logger;
  /** When the right to change the host ends: {@link Lease.expires}; null: never. */
  readonly expires: BigInt64Array | null;
}

/** How a technology of the host is found and opened. */
export interface PeerDefinition<Opened extends Peer = Peer> {
  readonly technology: Technology;
  /** Whether this process may use it at all: asked once, at the start. Changes nothing on the host. */
  find(): Promise<Capability>;
  open(options: PeerOptions): Promise<Opened>;
}
