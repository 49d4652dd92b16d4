import type { Network, SegmentSpec } from './desired.ts';
import { layout } from './layout.ts';
import type { NetworkStep } from './steps.ts';

interface CreatedLinks {
  /** Its alias; null: the bridge was there. */
  bridge: string | null;
  readonly veths: Set<string>;
}

/**
 * The links that one attempt has created. If those are all of a network, no neighbour but the host can know an address of it
 * from before, and nothing has to be announced: each announcement is a broadcast to all ports.
 */
export class NewSegments {
  readonly #created = new Map<string, CreatedLinks>();
  #wanted: readonly SegmentSpec[] = [];
  /** New links took the place of others, with all that these knew. */
  #hasReplaced = false;

  want({ segments }: Network): void {
    this.#wanted = segments.filter(({ cin, made }) => cin !== undefined && made);
  }

  /** To be called after each step. */
  note(step: NetworkStep): void {
    if (step.name === 'bridge.create') this.#linksOf(step.alias).bridge = step.alias;
    if (step.name === 'links.replace') this.#hasReplaced = true;
    if (step.name !== 'veth.create') return;
    for (const { alias } of step.ends) this.#linksOf(alias).veths.add(alias);
  }

  /**
   * New segments, by their labels, with the alias of a bridge that is older than they are: the host may know addresses behind
   * it. The bridges of a CIN are joined: all that are wanted are new, or none counts as new.
   */
  labels(): ReadonlyMap<string, string | null> {
    const areNew = this.#wanted.every(({ label, members, without }) => {
      const created = this.#created.get(label);
      return members.length > 0 && without === undefined && (created?.veths.size ?? 0) >= 2 * members.length;
    });
    if (!areNew || this.#hasReplaced) return new Map();
    return new Map(
      this.#wanted.map((segment) => {
        const isOlder = this.#created.get(segment.label)?.bridge == null;
        return [segment.label, isOlder ? (layout(segment).bridge?.alias ?? null) : null];
      }),
    );
  }

  #linksOf(alias: string): CreatedLinks {
    const label = labelOf(alias);
    const known = this.#created.get(label) ?? { bridge: null, veths: new Set<string>() };
    this.#created.set(label, known);
    return known;
  }
}

export function labelOf(alias: string): string {
  return alias.slice(0, alias.indexOf(' '));
}
