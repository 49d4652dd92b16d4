import type { Capability, Technology } from '../../schema/api/capabilities.ts';
import type { Configuration } from '../../schema/process/configuration.ts';
import type { Logger } from '../../schema/process/logger.ts';
import type { Health } from '../kinds/health.ts';

/** What kinds of resources use, opened: a driver, its events, its health. */
export interface Peer {
  health(): Health;
  /** What its detection would find now, if that can change while it is open. */
  capability?(): Capability;
  /** Detects again what costs processes, such as versions. */
  refresh?(): Promise<void>;
  close(): Promise<void>;
}

export interface PeerOptions {
  readonly configuration: Configuration;
  readonly databaseId: string;
  readonly log: Logger;
  /** When the lease on the host expires: {@link Lease.expires}; null: never. */
  readonly expires: BigInt64Array | null;
}

/** How a technology of the host is detected and opened. */
export interface PeerDefinition<Opened extends Peer = Peer> {
  readonly technology: Technology;
  /** Whether this process may use it at all: checked once, at the start. Changes nothing on the host. */
  find(configuration: Configuration): Promise<Capability>;
  open(options: PeerOptions): Promise<Opened>;
}
