import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { until } from '../support/until.ts';

/* Common to the benchmarks: weft in a separate process, requests to it, and the output of figures. */

export const PORT = 8080;
const address = `127.0.0.1:${PORT}`;
const url = `http://${address}`;
const root = fileURLToPath(new URL('../../', import.meta.url));

/**
 * Starts API and executor as `npm start` does, with a new database, and ends them and removes their state when
 * `measure` is done, which is called with the milliseconds until they were ready.
 */
export async function withWeft(
  measure: (startedMs: number) => Promise<void>,
  environment: NodeJS.ProcessEnv = {},
): Promise<void> {
  const began = performance.now();
  const directory = mkdtempSync(join(tmpdir(), 'weft-bench-'));
  const weft = spawn('sh', ['executor/setup/node.sh', 'start.ts'], {
    cwd: root,
    env: { ...process.env, WEFT_STATE_DIR: directory, WEFT_LISTEN: address, WEFT_LOG: 'warn', ...environment },
    stdio: 'inherit',
  });
  try {
    await until('weft is ready', async () => (await fetch(`${url}/readyz`).catch(() => undefined))?.status === 200);
    await measure(performance.now() - began);
  } finally {
    weft.kill('SIGTERM');
    await new Promise((resolve) => weft.once('exit', resolve));
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Sends a request, and returns the milliseconds until it was done. */
export async function timed(method: string, path: string, body?: unknown): Promise<number> {
  // The server may have closed an idle connection while a benchmark blocked this thread.
  await setImmediate();
  const began = performance.now();
  const answer = await fetch(`${url}${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    headers: { prefer: 'wait=30' },
  });
  const text = await answer.text();
  if (answer.status === 202) await ended(JSON.parse(text));
  else if (answer.status !== 200) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return performance.now() - began;
}

/** Waits for an operation that takes longer than a request may wait. */
async function ended({ id }: { readonly id: string }): Promise<void> {
  await until(
    'the operation ends',
    async () => {
      const { status, error } = await (await fetch(`${url}/operations/${id}`)).json();
      if (status === 'failed' || status === 'cancelled') throw new Error(JSON.stringify(error));
      return status === 'succeeded';
    },
    600_000,
  );
}

export interface Load {
  readonly connections: number;
  readonly seconds: number;
  readonly path: string;
  /** A script for wrk(1) in Lua; GET without it. */
  readonly script?: string;
}

export interface Figures {
  readonly rate: number;
  readonly latency99: string;
}

/** Generates load with wrk(1), whose own load is negligible. */
export function load({ connections, seconds, path, script }: Load): Figures {
  const directory = mkdtempSync(join(tmpdir(), 'weft-bench-'));
  const file = join(directory, 'load.lua');
  const args = ['--threads', '2', '--connections', `${connections}`, '--duration', `${seconds}s`, '--latency'];
  try {
    if (script !== undefined) writeFileSync(file, script);
    const scripted = script === undefined ? [] : ['--script', file];
    const output = execFileSync('wrk', [...args, ...scripted, `${url}${path}`], { encoding: 'utf8' });
    const find = (pattern: RegExp) => pattern.exec(output)?.[1];
    const refused = find(/Non-2xx or 3xx responses: (\d+)/);
    if (refused !== undefined) throw new Error(`${refused} requests to ${path} were refused`);
    return { rate: Number(find(/Requests\/sec:\s+([\d.]+)/)), latency99: find(/99%\s+(\S+)/) ?? '' };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

export function quantile(times: readonly number[], part: number): number {
  return times.toSorted((one, other) => one - other)[Math.floor(times.length * part)] ?? 0;
}

export function print(what: string, figure: string): void {
  console.log(`${what.padEnd(72)} ${figure}`);
}
