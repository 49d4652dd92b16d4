import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from '../support/until.ts';

/*
 * Times the whole way: HTTP, database, executor, kernel and back, with the API and the executor in one process.
 * Run by `npm run bench` in a network and mount namespace of its own.
 */

const url = 'http://127.0.0.1:8080';
const root = fileURLToPath(new URL('../../', import.meta.url));
const stateDirectory = mkdtempSync(join(tmpdir(), 'weft-bench-'));

async function ask(method: string, path: string, body?: unknown, wait?: number): Promise<void> {
  const answer = await fetch(`${url}${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    headers: wait === undefined ? {} : { prefer: `wait=${wait}` },
  });
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
}

function print(what: string, figure: string): void {
  console.log(`${what.padEnd(72)} ${figure}`);
}

async function timed(what: string, work: () => Promise<void>): Promise<void> {
  const began = performance.now();
  await work();
  print(what, `${Math.round(performance.now() - began)} ms`);
}

/** Requests a second over so many connections, for two seconds. */
async function rate(what: string, connections: number, request: () => Promise<void>): Promise<void> {
  const end = performance.now() + 2_000;
  let count = 0;
  const client = async () => {
    while (performance.now() < end) {
      await request();
      count += 1;
    }
  };
  await Promise.all(Array.from({ length: connections }, client));
  print(what, `${Math.round(count / 2)} a second`);
}

/** The median of one client's latencies. */
async function latency(what: string, requests: readonly (() => Promise<void>)[]): Promise<void> {
  const times: number[] = [];
  for (const request of requests) {
    const began = performance.now();
    await request();
    times.push(performance.now() - began);
  }
  times.sort((left, right) => left - right);
  print(
    what,
    `p50 ${times[Math.floor(times.length / 2)]?.toFixed(1)} ms, p99 ${times[Math.floor(times.length * 0.99)]?.toFixed(1)} ms`,
  );
}

function cens(count: number, size: number): { cenID: string; containerIDs: string[] }[] {
  return Array.from({ length: count }, (_, cen) => ({
    cenID: `n${cen}`,
    containerIDs: Array.from({ length: size }, (_member, container) => `n${cen}c${container}`),
  }));
}

async function measure(): Promise<void> {
  const numbers = Array.from({ length: 200 }, (_, number) => number);
  await latency(
    'PUT and DELETE of a container, one client: PUT',
    numbers.map((number) => () => ask('PUT', `/host/host1/c${number}`)),
  );
  await latency(
    'PUT and DELETE of a container, one client: DELETE',
    numbers.map((number) => () => ask('DELETE', `/host/host1/c${number}`)),
  );
  await ask('POST', '/cen/import', { cenList: cens(1, 4) });
  await rate('GET /cen/{id}, 8 connections (client in JavaScript on the same 2 cores)', 8, () => ask('GET', '/cen/n0'));
  const list = cens(100, 10);
  const ids = list.map(({ cenID }) => cenID);
  await timed('import 100 CENs with 1000 containers', () => ask('POST', '/cen/import', { cenList: list }));
  await timed('make them: 1000 namespaces, 100 bridges, 1000 veths', () => ask('POST', '/cen/make', ids, 30));
  await timed('make them again: nothing to do', () => ask('POST', '/cen/make', ids, 30));
  await timed('destroy them', () => ask('POST', '/cen/destroy', ids, 30));
}

const weft = spawn(process.execPath, [join(root, 'start.ts')], {
  env: { ...process.env, WEFT_STATE_DIR: stateDirectory, WEFT_LISTEN: '127.0.0.1:8080', WEFT_LOG: 'warn' },
  stdio: 'inherit',
});
try {
  const began = performance.now();
  await until('weft is ready', async () => (await fetch(`${url}/readyz`).catch(() => undefined))?.status === 200);
  print('start with a new database, until /readyz says so', `${Math.round(performance.now() - began)} ms`);
  await measure();
} finally {
  weft.kill('SIGTERM');
  await new Promise((resolve) => weft.once('exit', resolve));
  rmSync(stateDirectory, { recursive: true, force: true });
}
