import type { Capability, Technology } from '../../schema/api/capabilities.ts';
import type { Configuration } from '../../schema/process/configuration.ts';
import type { Peer, PeerDefinition, PeerOptions } from './peer.ts';

/** The result of the detection for each technology that this version has a driver for. */
export type FoundPeers = ReadonlyMap<PeerDefinition, Capability>;

/** Detects each technology once. */
export async function findPeers(
  definitions: Iterable<PeerDefinition>,
  configuration: Configuration,
): Promise<FoundPeers> {
  const found = new Map<PeerDefinition, Capability>();
  for (const definition of new Set(definitions)) found.set(definition, await definition.find(configuration));
  return found;
}

/** Why this host lacks technologies. */
export function absences(found: FoundPeers): string[] {
  return [...found].flatMap(([{ technology }, capability]) =>
    capability.available ? [] : [`no ${technology} on this host: ${capability.reason}`],
  );
}

/** The peers of one executor, from their opening to their end. */
export class Peers {
  readonly #opened = new AsyncDisposableStack();
  readonly #peers = new Map<PeerDefinition, Peer>();
  readonly #found: FoundPeers;

  private constructor(found: FoundPeers) {
    this.#found = found;
  }

  /** Opens the technologies that were detected. */
  static async open(found: FoundPeers, options: PeerOptions): Promise<Peers> {
    const peers = new Peers(found);
    try {
      for (const [definition, { available }] of found) {
        if (!available) continue;
        const peer = peers.#opened.adopt(await definition.open(options), (each) => each.close());
        peers.#peers.set(definition, peer);
      }
      return peers;
    } catch (error) {
      await peers.close();
      throw error;
    }
  }

  /** Undefined: this host lacks it. */
  of<Opened extends Peer>(definition: PeerDefinition<Opened>): Opened | undefined {
    // The definition itself has opened it.
    return this.#peers.get(definition) as Opened | undefined;
  }

  /** Detects versions again. */
  async refresh(): Promise<void> {
    await Promise.all([...this.#peers.values()].map((peer) => peer.refresh?.()));
  }

  /** The detected technologies, with their drivers' current health. */
  capabilities(): Partial<Record<Technology, Capability>> {
    const each = [...this.#found].map(([definition, found]): [Technology, Capability] => {
      const peer = this.#peers.get(definition);
      const health = peer?.health() ?? { available: true };
      const capability = peer?.capability?.() ?? found;
      return [
        definition.technology,
        health.available ? capability : { available: false, away: true, reason: health.reason },
      ];
    });
    return Object.fromEntries(each);
  }

  close(): Promise<void> {
    return this.#opened.disposeAsync();
  }
}
