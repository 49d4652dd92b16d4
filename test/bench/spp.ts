import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type StandIn, startNfv } from '../stand-ins/spp/process.ts';
import { until } from '../support/until.ts';
import { HttpClient, requestText } from './http-client.ts';

/*
 * Soft Patch Panel: commands to processes that answer at once, with every command recorded before it is sent, in
 * comparison with a controller that records nothing. Run by `npm run bench` in a network namespace of its own.
 */

const PORT = 7777;
const PROCESSES = 8;
/** Warm-up: a long-lived process runs compiled code. */
const WARM_UP_SECONDS = 2;
const SECONDS = 3;
const root = fileURLToPath(new URL('../../', import.meta.url));

function print(what: string, figure: string): void {
  console.log(`${what.padEnd(72)} ${figure}`);
}

const forward = (id: number, action: string) =>
  requestText(PORT, 'PUT', `/v1/nfvs/${id}/forward`, JSON.stringify({ action }));

/** Requests a second: a number of connections, each of which alternates between its own requests. */
async function rate(what: string, requests: readonly (readonly string[])[], expected: number): Promise<void> {
  const clients = await Promise.all(requests.map(() => HttpClient.open(PORT)));
  const begin = performance.now() + WARM_UP_SECONDS * 1000;
  const end = begin + SECONDS * 1000;
  let count = 0;
  await Promise.all(
    clients.map(async (client, index) => {
      const own = requests[index] ?? [];
      for (let turn = 0; performance.now() < end; turn += 1) {
        const status = await client.ask(own[turn % own.length] ?? '');
        if (status !== expected) throw new Error(`${what}: ${status}`);
        if (performance.now() >= begin) count += 1;
      }
    }),
  );
  for (const client of clients) client.close();
  print(what, `${Math.round(count / SECONDS)} a second`);
}

async function latency(what: string, requests: readonly string[]): Promise<void> {
  const client = await HttpClient.open(PORT);
  const times: number[] = [];
  for (let turn = 0; turn < 1_000; turn += 1) {
    const began = performance.now();
    await client.ask(requests[turn % requests.length] ?? '');
    times.push(performance.now() - began);
  }
  client.close();
  times.sort((left, right) => left - right);
  print(what, `p50 ${times[500]?.toFixed(2)} ms, p99 ${times[990]?.toFixed(2)} ms`);
}

async function measure(title: string, program: readonly [string, ...string[]], environment: Record<string, string>) {
  const controller: ChildProcess = spawn('sh', ['executor/setup/node.sh', ...program], {
    cwd: root,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const processes: StandIn[] = [];
  try {
    const ids = Array.from({ length: PROCESSES }, (_, index) => index + 1);
    for (const clientId of ids) processes.push(startNfv({ era: '2020', port: 6666, clientId, reconnectMs: 100 }));
    await until('all processes are connected', async () => {
      const answer = await fetch(`http://127.0.0.1:${PORT}/v1/processes`).catch(() => undefined);
      return answer?.ok === true && ((await answer.json()) as unknown[]).length === PROCESSES;
    });
    const get = ids.map((id) => [requestText(PORT, 'GET', `/v1/nfvs/${id}`)]);
    const puts = ids.map((id) => [forward(id, 'start'), forward(id, 'stop')]);
    await rate(`${title}: GET, 8 connections`, get, 200);
    await rate(`${title}: PUT, 8 connections, 8 processes`, puts, 204);
    await rate(`${title}: PUT, 32 connections, 8 processes`, [...puts, ...puts, ...puts, ...puts], 204);
    await latency(`${title}: PUT, one client`, puts[0] ?? []);
  } finally {
    for (const process of processes) await process.close();
    controller.kill('SIGTERM');
    await once(controller, 'exit');
  }
}

const stateDirectory = mkdtempSync(join(tmpdir(), 'weft-bench-'));
try {
  await measure('weft', ['start.ts'], {
    WEFT_STATE_DIR: stateDirectory,
    WEFT_LISTEN: `127.0.0.1:${PORT}`,
    WEFT_LOG: 'warn',
  });
  await measure('without a database', ['test/bench/minimal-controller.ts', `${PORT}`, '5555', '6666'], {});
} finally {
  rmSync(stateDirectory, { recursive: true, force: true });
}
