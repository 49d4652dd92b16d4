import type { Logger } from '../../../schema/process/logger.ts';
import type { Kind } from '../../kinds.ts';
import type { Touched } from '../../resources/resource.ts';
import type { Findings, Reconciler } from './reconciler.ts';

/** Events come in bursts: so long the first of one waits for the others. */
const GATHER_MS = 100;

/** What an operation is changing is looked at again, once that has ended. */
const BUSY_MS = 500;

export interface WatchOptions {
  readonly kinds: readonly Kind[];
  readonly reconciler: Reconciler;
  readonly log: Logger;
  readonly trouble: (error: unknown) => void;
}

/**
 * When the host is looked at: at the start, after events, and as a whole every so often, for events only shorten the
 * wait. One look at a time.
 */
export class Watch {
  readonly #options: WatchOptions;
  readonly #ends: (() => void)[] = [];
  #touched = new Set<string>();
  #everything = false;
  #timer: NodeJS.Timeout | undefined;
  #interval: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #closed = false;
  #held = '';

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  /** Looks at everything once; throws where even that goes wrong. */
  async start(scanMs: number): Promise<void> {
    for (const { resource } of this.#options.kinds) this.#ends.push(resource.watch((what) => this.#touch(what)));
    this.#tell(await this.#options.reconciler.look('all'));
    this.#interval = setInterval(() => this.#touch('all'), scanMs);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#interval);
    clearTimeout(this.#timer);
    for (const end of this.#ends) end();
    await this.#looking;
  }

  #touch(what: Touched): void {
    if (what.length === 0) return;
    if (what === 'all') this.#everything = true;
    else for (const each of what) this.#touched.add(each);
    this.#wake(GATHER_MS);
  }

  #wake(milliseconds: number): void {
    if (this.#closed || this.#looking !== undefined) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#looking = this.#look().finally(() => {
        this.#looking = undefined;
        if (this.#everything || this.#touched.size > 0) this.#wake(BUSY_MS);
      });
    }, milliseconds);
  }

  async #look(): Promise<void> {
    const touched: Touched = this.#everything ? 'all' : [...this.#touched];
    this.#everything = false;
    this.#touched = new Set();
    try {
      const findings = await this.#options.reconciler.look(touched);
      for (const each of findings.busy) this.#touched.add(each);
      this.#tell(findings);
    } catch (error) {
      this.#everything = true;
      this.#options.trouble(error);
    }
  }

  #tell({ repairs, swept, held }: Findings): void {
    const { log } = this.#options;
    if (repairs.length > 0) log.warn({ repairs }, `the host differs in ${repairs.length} places`);
    if (swept > 0) log.warn(`${swept} links and namespaces that nothing knows any more are taken away`);
    if (held !== null && held.detail !== this.#held) log.error({ held }, `nothing is removed: ${held.detail}`);
    this.#held = held?.detail ?? '';
  }
}
