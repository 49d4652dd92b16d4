import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from '../support/until.ts';
import { bareNetwork } from './floor.ts';

/*
 * Times one network of a thousand containers the whole way, from the request to the answer that it is made or
 * destroyed, beside what the kernel alone takes for the same links, before and after. The last line is what counts.
 *
 *   unshare -mn --propagation private sh -c 'mount -t tmpfs none /run; ip link set lo up;
 *     exec node_modules/.bin/node test/bench/one-network.ts [containers]'
 */

const url = 'http://127.0.0.1:8080';
const program = fileURLToPath(new URL('../../start.ts', import.meta.url));
const containers = Number(process.argv[2] ?? 1000);
const ROUNDS = 3;

async function timed(path: string, body: unknown): Promise<number> {
  const began = performance.now();
  const answer = await fetch(`${url}${path}`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { prefer: 'wait=120' },
  });
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`POST ${path}: ${answer.status} ${text}`);
  return performance.now() - began;
}

const print = (what: string, figure: string) => console.log(`${what.padEnd(72)} ${figure}`);
const median = (times: readonly number[]) => times.toSorted((one, other) => one - other)[times.length >> 1] ?? 0;
const inWords = (times: readonly number[]) => `${times.map((time) => Math.round(time)).join(', ')} ms`;

async function measure(): Promise<void> {
  const containerIDs = Array.from({ length: containers }, (_, number) => `c${number}`);
  await timed('/cen/import', { cenList: [{ cenID: 'n', containerIDs }] });
  const bare: number[] = [];
  const made: number[] = [];
  const destroyed: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    bare.push(bareNetwork({ containers, together: 50 }).made);
    made.push(await timed('/cen/make', ['n']));
    destroyed.push(await timed('/cen/destroy', ['n']));
  }
  bare.push(bareNetwork({ containers, together: 50 }).made);
  const ratio = (times: readonly number[]) => `${(median(times) / median(bare)).toFixed(2)} ×`;
  print(`the kernel alone, for the links of a network of ${containers} containers`, inWords(bare));
  print('made: namespaces, bridge, veths', `${inWords(made)}: ${ratio(made)}`);
  print('destroyed', `${inWords(destroyed)}: ${ratio(destroyed)}`);
}

const stateDirectory = mkdtempSync(join(tmpdir(), 'weft-bench-'));
const weft = spawn(process.execPath, [program], {
  env: { ...process.env, WEFT_STATE_DIR: stateDirectory, WEFT_LISTEN: '127.0.0.1:8080', WEFT_LOG: 'warn' },
  stdio: 'inherit',
});
try {
  await until('weft is ready', async () => (await fetch(`${url}/readyz`).catch(() => undefined))?.status === 200);
  await measure();
} finally {
  weft.kill('SIGTERM');
  await new Promise((resolve) => weft.once('exit', resolve));
  rmSync(stateDirectory, { recursive: true, force: true });
}
