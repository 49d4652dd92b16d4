import type { Logger } from '../../../schema/process/logger.ts';
import type { Changed } from '../../../schema/resources/definition.ts';
import type { Kind } from '../../kinds/kind.ts';
import { isDatabaseAway, isFenced } from '../failure.ts';
import { growingPause, type LoopTimes } from '../times.ts';
import type { Findings, Reconciler } from './reconciler.ts';

/**
 * Transient failures are reported only after this many consecutive scans: the host may just be changing faster than it
 * can be observed.
 */
const TRANSIENT_FAILURES_MAX = 5;

export interface WatchOptions {
  readonly kind: Kind;
  readonly reconciler: Reconciler;
  readonly log: Logger;
  readonly times: LoopTimes;
  readonly onError: (error: unknown) => void;
}

/**
 * Schedules the scans of a kind of resource: at the start, after events, and periodically of the whole host, since
 * events are only hints. One scan runs at a time. Each kind has its own schedule, so that one that cannot be observed
 * delays no other.
 */
export class Watch {
  readonly #options: WatchOptions;
  #unsubscribe: () => void = () => undefined;
  #changed = new Set<string>();
  #everything = false;
  #timer: NodeJS.Timeout | undefined;
  #interval: NodeJS.Timeout | undefined;
  #scanning: Promise<void> | undefined;
  #closed = false;
  #hold = '';
  /** Consecutive scans that failed. */
  #failures = 0;
  #said = false;

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  /** Schedules a full scan without waiting for it. */
  start(): void {
    const { kind, times } = this.#options;
    this.#unsubscribe = kind.resource.watch?.((what) => this.#noteChanged(what)) ?? this.#unsubscribe;
    this.#interval = setInterval(() => this.#noteChanged('all'), times.scan);
    this.#everything = true;
    this.#wake(0);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#interval);
    clearTimeout(this.#timer);
    this.#unsubscribe();
    await this.#scanning;
  }

  #noteChanged(what: Changed): void {
    if (what.length === 0) return;
    if (what === 'all') this.#everything = true;
    else for (const each of what) this.#changed.add(each);
    this.#wake(this.#options.times.gather);
  }

  #wake(milliseconds: number): void {
    if (this.#closed || this.#scanning !== undefined) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#scanning = this.#scan().finally(() => {
        this.#scanning = undefined;
        if (this.#everything || this.#changed.size > 0) this.#wake(this.#pause());
      });
    }, milliseconds);
  }

  #pause(): number {
    const { busy, scanLongest } = this.#options.times;
    return growingPause(this.#failures, busy, scanLongest);
  }

  async #scan(): Promise<void> {
    const { kind, reconciler } = this.#options;
    const changed: Changed = this.#everything ? 'all' : [...this.#changed];
    this.#everything = false;
    this.#changed = new Set();
    try {
      // A resource that an event names meanwhile is compared again, and its difference is dropped.
      const findings = await reconciler.scan(kind, changed, (names) => names.some((name) => this.#changed.has(name)));
      for (const each of findings.busy) this.#changed.add(each);
      this.#tell(findings);
      this.#succeeded();
    } catch (error) {
      this.#everything = true;
      this.#failed(error);
    }
  }

  #succeeded(): void {
    const { kind, log } = this.#options;
    if (this.#said) log.info({ technology: kind.definition.technology }, `the host can be observed again`);
    this.#failures = 0;
    this.#said = false;
  }

  /** Logged once for as long as it lasts. */
  #failed(error: unknown): void {
    const { kind, log, onError } = this.#options;
    this.#failures += 1;
    if (this.#closed) return;
    if (isDatabaseAway(error) || isFenced(error)) onError(error);
    else if (!this.#said && this.#failures >= (isTransient(error) ? TRANSIENT_FAILURES_MAX : 1)) {
      this.#said = true;
      log.error({ technology: kind.definition.technology, err: error }, 'the host could not be observed; retrying');
    }
  }

  #tell({ repairs, collected, hold }: Findings): void {
    const { log } = this.#options;
    if (repairs.length > 0) log.warn({ repairs }, `${repairs.length} resources have drifted; repairs are filed`);
    if (collected > 0) log.warn(`garbage collection: removing ${collected} orphaned objects`);
    if (hold !== null && hold.detail !== this.#hold) log.error({ held: hold }, `removal hold: ${hold.detail}`);
    this.#hold = hold?.detail ?? '';
  }
}

function isTransient(error: unknown): boolean {
  return Reflect.get(Object(error), 'transient') === true;
}
