import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { until } from '../support/until.ts';
import type { Insides } from './memory-probe.mjs';
import { kernelMemory, processMemory } from './process-memory.ts';

/*
 * Memory of weft, as `npm start` starts it, with many containers and under load, and its composition.
 *
 * unshare -mn --propagation private sh -c 'mount -t tmpfs none /run; ip link set lo up; exec node_modules/.bin/node
 * test/bench/memory.ts [networks [containers of each]]'
 */

const address = '127.0.0.1:8080';
const root = fileURLToPath(new URL('../../', import.meta.url));
const networks = Number(process.argv[2] ?? 100);
const size = Number(process.argv[3] ?? 50);
const LOAD_SECONDS = 30;
const REST_MS = 60_000;
const LONGEST_MS = 600_000;

const directory = mkdtempSync(join(tmpdir(), 'weft-bench-'));

/**
 * Half of the requests read what was made; each of the others declares one of a thousand networks without containers.
 */
const script = `
local threads = 0
function setup(thread)
  threads = threads + 1
  thread:set("id", threads)
end
function init() count = 0 end
function request()
  count = count + 1
  if count % 2 == 0 then return wrk.format("GET", "/cen/n" .. count % ${networks}) end
  return wrk.format("PUT", "/cen/load-" .. id .. "-" .. count % 1000)
end
`;

async function ask(method: string, path: string, body?: unknown): Promise<unknown> {
  const answer = await fetch(`http://${address}${path}`, {
    method,
    headers: { prefer: 'wait=30' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return JSON.parse(text);
}

async function done(path: string, body: unknown): Promise<void> {
  const asked = await ask('POST', path, body);
  const id = Reflect.get(Object(asked), 'id');
  await until(`the operation of ${path} has ended`, () => hasSucceeded(id), LONGEST_MS);
}

async function hasSucceeded(id: unknown): Promise<boolean> {
  const { status, error } = Object(await ask('GET', `/operations/${id}`));
  if (['failed', 'cancelled'].includes(status)) throw new Error(JSON.stringify(error));
  return status === 'succeeded';
}

function load(): string {
  const file = join(directory, 'load.lua');
  writeFileSync(file, script);
  const args = ['--threads', '2', '--connections', '32', '--duration', `${LOAD_SECONDS}s`, '--latency'];
  const output = execFileSync('wrk', [...args, '--script', file, `http://${address}/`], { encoding: 'utf8' });
  const find = (pattern: RegExp) => pattern.exec(output)?.[1] ?? '0';
  return `${find(/Requests\/sec:\s+([\d.]+)/)} requests a second, p99 ${find(/99%\s+(\S+)/)}`;
}

const megabytes = (kibibytes: number) => Math.round(kibibytes / 1_024);
const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

const probe = new URL('memory-probe.mjs', import.meta.url);
const weft = spawn('sh', ['executor/setup/node.sh', 'start.ts'], {
  cwd: root,
  env: {
    ...process.env,
    ...{ WEFT_STATE_DIR: join(directory, 'state'), WEFT_LISTEN: address, WEFT_LOG: 'warn' },
    NODE_OPTIONS: `--import=${probe}`,
  },
  stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
});
const kernelBefore = kernelMemory();

async function insides(): Promise<Insides> {
  const answer = once(weft, 'message');
  weft.send('measure');
  const [found] = await answer;
  return found;
}

async function report(what: string): Promise<void> {
  const { resident, anonymous, files, proportional, highest, threads } = processMemory(weft.pid ?? 0);
  const total = `${megabytes(resident)} MB, at most ${megabytes(highest)} MB so far`;
  console.log(`${what.padEnd(40)} ${total} (PSS ${megabytes(proportional)} MB, ${threads} threads)`);
  const { heaps, silent, arrayBuffers, allocated, free } = await insides();
  const heapsResident = sum(heaps.map((heap) => heap.resident)) / 1_024;
  const inHeaps = heaps.map(
    ({ used, resident: held }) => `${megabytes(held / 1_024)} (${megabytes(used / 1_024)} used)`,
  );
  const rest = anonymous - heapsResident - allocated / 1_024;
  const parts = [
    `${megabytes(files)} MB programs and libraries`,
    `${inHeaps.join(' + ')} MB heaps of JavaScript (${silent} threads did not answer)`,
    `${megabytes(allocated / 1_024)} MB allocated in C and C++ (${megabytes(arrayBuffers / 1_024)} MB of it buffers)`,
    `${megabytes(rest)} MB freed memory (${megabytes(free / 1_024)} MB at most), machine code, stacks, threads that did not answer`,
  ];
  for (const part of parts) console.log(`    ${part}`);
  const kernel = kernelMemory();
  const objects = megabytes(kernel.slab - kernelBefore.slab);
  console.log(
    `    the kernel: ${objects} MB slab, ${megabytes(kernel.perProcessor - kernelBefore.perProcessor)} MB per processor`,
  );
}

async function measure(): Promise<void> {
  const cenList = Array.from({ length: networks }, (_, cen) => ({
    cenID: `n${cen}`,
    containerIDs: Array.from({ length: size }, (_member, container) => `n${cen}c${container}`),
  }));
  const ids = cenList.map(({ cenID }) => cenID);
  await report('idle, without containers');
  await ask('POST', '/cen/import', { cenList });
  await done('/cen/make', ids);
  await report(`${networks * size} containers made`);
  await done('/cen/destroy', ids);
  await report('destroyed');
  await done('/cen/make', ids);
  await report('made again');
  const rate = load();
  await report(`under load: ${rate}`);
  for (let scan = 0; scan < 2; scan += 1) await ask('POST', '/hypervisors/host1/resync?dry_run=true');
  await report('after two full scans');
  await pause(REST_MS);
  await report('after a minute without work');
}

try {
  await until(
    'weft is ready',
    async () => (await fetch(`http://${address}/readyz`).catch(() => undefined))?.ok === true,
  );
  await pause(3_000);
  await measure();
} finally {
  if (weft.exitCode === null && weft.kill('SIGTERM')) await once(weft, 'exit');
  rmSync(directory, { recursive: true, force: true });
}
