import type { Capability, Technology } from '../../schema/api/capabilities.ts';
import type { Peer, PeerDefinition, PeerOptions } from './peer.ts';

/** What there is of each technology that this version has a driver for. */
export type FoundPeers = ReadonlyMap<PeerDefinition, Capability>;

/** Asks of each once. */
export async function findPeers(definitions: Iterable<PeerDefinition>): Promise<FoundPeers> {
  const found = new Map<PeerDefinition, Capability>();
  for (const definition of new Set(definitions)) found.set(definition, await definition.find());
  return found;
}

/** Why those that this host does not have are not there. */
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

  /** Opens what was found. */
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

  /** Undefined: this host does not have it. */
  of(definition: PeerDefinition): Peer | undefined {
    return this.#peers.get(definition);
  }

  /** What was found, with what the drivers say of their technologies now. */
  capabilities(): Partial<Record<Technology, Capability>> {
    const each = [...this.#found].map(([definition, found]): [Technology, Capability] => {
      const health = this.#peers.get(definition)?.health() ?? { available: true };
      return [
        definition.technology,
        health.available ? found : { available: false, away: true, reason: health.reason },
      ];
    });
    return Object.fromEntries(each);
  }

  close(): Promise<void> {
    return this.#opened.disposeAsync();
  }
}
