import type { Logger } from '../../../schema/process/logger.ts';
import type { HostBlock } from '../../../schema/resources/network/host-blocks.ts';
import type { Addressing, NetnsDriver } from '../../drivers/netns/driver.ts';
import { type Range, rangeOf } from './blocks.ts';

/** A host with more of them routes for others: what it uses is then found when a CIN is made. */
const BLOCKS_MAX = 5_000;

export interface HostBlocksOptions {
  readonly driver: Pick<NetnsDriver, 'view'>;
  readonly record: (blocks: readonly HostBlock[]) => Promise<unknown>;
  readonly log: Pick<Logger, 'warn'>;
  readonly intervalMs: number;
}

/** Records which blocks of addresses the host uses, whenever they have changed. */
export class HostBlocks {
  readonly #options: HostBlocksOptions;
  readonly #timer: NodeJS.Timeout;
  #recorded = '';
  #failing = false;

  constructor(options: HostBlocksOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.#tryToRefresh(), options.intervalMs).unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async refresh(record = this.#options.record): Promise<void> {
    const { driver } = this.#options;
    const { addressing } = await driver.view(
      [],
      { owners: [], aliases: [], names: [] },
      { namespaces: [], host: true },
    );
    const blocks = addressing === null ? [] : blocksOf(addressing);
    const text = JSON.stringify(blocks);
    if (text === this.#recorded) return;
    await record(blocks);
    this.#recorded = text;
  }

  async #tryToRefresh(): Promise<void> {
    try {
      await this.refresh();
      this.#failing = false;
    } catch (error) {
      if (!this.#failing) this.#options.log.warn({ err: error }, 'the networks of the host could not be recorded');
      this.#failing = true;
    }
  }
}

/** The blocks of addresses and of routes but the default one; overlapping ones as one. */
export function blocksOf({ addresses, routes }: Addressing): HostBlock[] {
  const used = [
    ...addresses.map(({ address, prefix }) => blockOf(rangeOf(address, prefix), `address ${address}/${prefix}`)),
    ...routes
      .filter(({ prefix }) => prefix > 0)
      .map(({ destination, prefix }) => blockOf(rangeOf(destination, prefix), `route to ${destination}/${prefix}`)),
  ];
  const merged: HostBlock[] = [];
  for (const block of used.sort((one, other) => one.first - other.first || other.last - one.last)) {
    const before = merged.at(-1);
    if (before === undefined || block.first > before.last) merged.push(block);
    else if (block.last > before.last) merged.splice(-1, 1, { ...before, last: block.last });
  }
  return merged.slice(0, BLOCKS_MAX);
}

function blockOf({ first, last }: Range, used_by: string): HostBlock {
  return { first, last, used_by };
}
