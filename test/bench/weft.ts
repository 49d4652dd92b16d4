import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from '../support/until.ts';

/* What the benchmarks share: weft in a process of its own, requests to it, and how figures are printed. */

const address = '127.0.0.1:8080';
export const url = `http://${address}`;
const root = fileURLToPath(new URL('../../', import.meta.url));

/** Starts API and executor as `npm start` does, with a new database, and ends them and all that they noted when `measure` is done. */
export async function withWeft(
  measure: (pid: number) => Promise<void>,
  environment: NodeJS.ProcessEnv = {},
): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'weft-bench-'));
  const weft = spawn('sh', ['executor/setup/node.sh', 'start.ts'], {
    cwd: root,
    env: { ...process.env, WEFT_STATE_DIR: directory, WEFT_LISTEN: address, WEFT_LOG: 'warn', ...environment },
    stdio: 'inherit',
  });
  try {
    await until('weft is ready', async () => (await fetch(`${url}/readyz`).catch(() => undefined))?.status === 200);
    await measure(weft.pid ?? 0);
  } finally {
    weft.kill('SIGTERM');
    await new Promise((resolve) => weft.once('exit', resolve));
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Asks, and answers after how many milliseconds it was done; anything but a 200 is an error. */
export async function timed(method: string, path: string, body?: unknown): Promise<number> {
  const began = performance.now();
  const answer = await fetch(`${url}${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    headers: { prefer: 'wait=300' },
  });
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return performance.now() - began;
}

export interface Load {
  readonly connections: number;
  readonly seconds: number;
  readonly path: string;
}

/** The requests a second, and the latency that 99 % keep, of wrk(1), whose own work does not hide the server's. */
export function load({ connections, seconds, path }: Load): string {
  const args = ['--threads', '2', '--connections', `${connections}`, '--duration', `${seconds}s`, '--latency'];
  const output = execFileSync('wrk', [...args, `${url}${path}`], { encoding: 'utf8' });
  const find = (pattern: RegExp) => pattern.exec(output)?.[1];
  const refused = find(/Non-2xx or 3xx responses: (\d+)/);
  if (refused !== undefined) throw new Error(`GET ${path}: ${refused} were refused`);
  return `${Math.round(Number(find(/Requests\/sec:\s+([\d.]+)/)))} a second, p99 ${find(/99%\s+(\S+)/)}`;
}

export function quantile(times: readonly number[], part: number): number {
  return times.toSorted((one, other) => one - other)[Math.floor(times.length * part)] ?? 0;
}

export function print(what: string, figure: string): void {
  console.log(`${what.padEnd(72)} ${figure}`);
}
