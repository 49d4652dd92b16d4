import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ImageError } from './errors.ts';

export interface GrowthOptions {
  readonly directory: string;
  readonly signal: AbortSignal;
  readonly action: string;
  readonly limitBytes: number;
  /** Null: it may stand still. */
  readonly silenceMs: number | null;
  readonly intervalMs: number;
}

export interface Growth {
  /** Aborted with an ImageError, or as the signal of the options. */
  readonly signal: AbortSignal;
  stop(): void;
}

/**
 * Watches what a program adds to a directory: more than the limit is `limit`, no growth for too long
 * is `cut`. What a registry says of sizes need not be true, and its connection may stand open without a byte.
 */
export function watchGrowth(options: GrowthOptions): Growth {
  const { directory, signal, action, limitBytes, silenceMs, intervalMs } = options;
  const controller = new AbortController();
  const before = directorySize(directory);
  let largest = 0;
  let grownAt = performance.now();
  let isStopped = false;

  async function look(): Promise<void> {
    const size = (await directorySize(directory)) - (await before);
    if (size > limitBytes) controller.abort(new ImageError('limit', action, `it is over ${limitBytes} bytes`));
    if (size > largest) grownAt = performance.now();
    largest = Math.max(size, largest);
    if (silenceMs !== null && performance.now() - grownAt > silenceMs) {
      controller.abort(new ImageError('cut', action, `no byte has arrived for ${Math.ceil(silenceMs / 1_000)} s`));
    }
  }

  const next = () =>
    setTimeout(() => {
      look().finally(() => {
        if (!isStopped) timer = next();
      });
    }, intervalMs);
  let timer = next();
  return {
    signal: AbortSignal.any([signal, controller.signal]),
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}

/** In bytes; what disappears meanwhile counts nothing. */
export async function directorySize(directory: string): Promise<number> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  const sizes = entries.map(async (entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return directorySize(path);
    return entry.isFile() ? (await lstat(path).catch(() => ({ size: 0 }))).size : 0;
  });
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
