import type { Log, LogLevel } from './settings.ts';

const MOST_KEYS = 256;
const OTHERS = 'others';

interface Repeated {
  level: LogLevel;
  text: string;
  data: Readonly<Record<string, unknown>>;
  /** Since the last line. */
  count: number;
}

/**
 * Logs the first of many equal messages at once, and then their number periodically: a peer that connects a thousand
 * times does not fill the log.
 */
export class RepeatedLog {
  readonly #log: Log;
  readonly #every: number;
  readonly #repeated = new Map<string, Repeated>();
  #timer: NodeJS.Timeout | undefined;

  /** `every` in milliseconds. */
  constructor(log: Log, every: number) {
    this.#log = log;
    this.#every = every;
  }

  /** `key`: identifies equal messages; beyond a maximum number of keys all further ones count as equal. */
  say(key: string, level: LogLevel, text: string, data: Readonly<Record<string, unknown>>): void {
    const own = this.#repeated.has(key) || this.#repeated.size < MOST_KEYS ? key : OTHERS;
    const known = this.#repeated.get(own);
    if (known === undefined) {
      this.#repeated.set(own, { level, text, data, count: 0 });
      this.#log(level, text, data);
    } else {
      Object.assign(known, { level, text, data, count: known.count + 1 });
    }
    this.#timer ??= setInterval(() => this.#summarise(), this.#every).unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #summarise(): void {
    for (const [key, repeated] of this.#repeated) {
      const { level, text, data, count } = repeated;
      if (count === 0) this.#repeated.delete(key);
      else this.#log(level, text, { ...data, times: count, seconds: Math.round(this.#every / 1000) });
      repeated.count = 0;
    }
    if (this.#repeated.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
