/** What a driver depends on and may lose: a thread, a connection. */
export interface Connection {
  /** Settles when it is unusable: with null after `close`, else with the reason. */
  readonly ended: Promise<string | null>;
  close(): Promise<void>;
}

export type DriverHealth = { readonly available: true } | { readonly available: false; readonly reason: string };

export interface ReopeningOptions<Opened extends Connection> {
  /** Its name in messages: `the netns driver`. */
  readonly name: string;
  readonly open: () => Promise<Opened>;
  /** Called after each opening but the first. */
  readonly reopened?: (opened: Opened) => void;
  readonly log?: (level: 'warn' | 'info', text: string) => void;
  /** Milliseconds before it is opened again; doubled by each failure, … */
  readonly pauseFirst?: number;
  /** … up to this. One that has lived longer than this starts again with the first. */
  readonly pauseLongest?: number;
}

const PAUSE_FIRST_MS = 100;
const PAUSE_LONGEST_MS = 30_000;

/** Keeps a connection open that may end: opens it again, with growing pauses, until it is closed. */
export class Reopening<Opened extends Connection> {
  readonly #options: ReopeningOptions<Opened>;
  readonly #pauseFirst: number;
  readonly #pauseLongest: number;
  #pause: number;
  #current: Opened | null = null;
  #reason = 'it was not opened yet';
  #timer: NodeJS.Timeout | undefined;
  #opening: Promise<void> = Promise.resolve();
  #closed = false;

  private constructor(options: ReopeningOptions<Opened>) {
    this.#options = options;
    this.#pauseFirst = options.pauseFirst ?? PAUSE_FIRST_MS;
    this.#pauseLongest = options.pauseLongest ?? PAUSE_LONGEST_MS;
    this.#pause = this.#pauseFirst;
  }

  /** Throws the error of `open` if the first attempt fails. */
  static async open<Opened extends Connection>(options: ReopeningOptions<Opened>): Promise<Reopening<Opened>> {
    const reopening = new Reopening(options);
    reopening.#keep(await options.open());
    return reopening;
  }

  /** Returns after the first attempt, whatever its outcome: if it fails, `reopened` is called after the first that succeeds. */
  static async begin<Opened extends Connection>(options: ReopeningOptions<Opened>): Promise<Reopening<Opened>> {
    const reopening = new Reopening(options);
    try {
      reopening.#keep(await options.open());
    } catch (error) {
      reopening.#failed(error);
    }
    return reopening;
  }

  /** Null while it is away, and after it was closed. */
  get current(): Opened | null {
    return this.#current;
  }

  health(): DriverHealth {
    return this.#current === null ? { available: false, reason: this.#reason } : { available: true };
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#opening;
    const current = this.#current;
    this.#lose('it has been closed');
    await current?.close();
  }

  #keep(opened: Opened): void {
    const since = performance.now();
    this.#current = opened;
    void opened.ended.then((reason) => {
      if (this.#closed || this.#current !== opened) return;
      if (performance.now() - since > this.#pauseLongest) this.#pause = this.#pauseFirst;
      const { name, log } = this.#options;
      this.#lose(`${name} ended unexpectedly${reason === null ? '' : `: ${reason}`}`);
      log?.('warn', `${this.#reason}; it is opened again`);
      this.#reopenLater();
    });
  }

  #lose(reason: string): void {
    this.#current = null;
    this.#reason = reason;
  }

  #reopenLater(): void {
    this.#timer = setTimeout(() => {
      this.#opening = this.#reopen();
    }, this.#pause).unref();
    this.#pause = Math.min(2 * this.#pause, this.#pauseLongest);
  }

  async #reopen(): Promise<void> {
    const { name, open, reopened, log } = this.#options;
    try {
      const opened = await open();
      this.#keep(opened);
      if (this.#closed) return;
      log?.('info', `${name} is there again`);
      reopened?.(opened);
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    this.#lose(`${this.#options.name} cannot be opened: ${error instanceof Error ? error.message : String(error)}`);
    if (!this.#closed) this.#reopenLater();
  }
}
