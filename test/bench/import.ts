import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { HttpClient, requestText } from './http-client.ts';
import { PORT, print, quantile, timed, withWeft } from './weft.ts';

/*
 * Times the import of 4,000 networks with 20,000 containers, and the latency of other clients of the API meanwhile:
 * some that read and some that write, each sending its next request as soon as the last one is answered.
 *
 * unshare -mn --propagation private sh -c 'mount -t tmpfs none /run; ip link set lo up; exec node_modules/.bin/node
 * test/bench/import.ts'
 */

const NETWORKS = 4_000;
const MEMBERS = 5;
const ROUNDS = 5;
const CLIENTS = 4;

const inWords = (times: readonly number[]) => `${times.map((time) => Math.round(time)).join(', ')} ms`;

function listOf(round: string): unknown {
  const member = (cen: number) => (_: unknown, container: number) => `${round}n${cen}c${container}`;
  const cens = Array.from({ length: NETWORKS }, (_, cen) => ({
    cenID: `${round}n${cen}`,
    containerIDs: Array.from({ length: MEMBERS }, member(cen)),
  }));
  return { cenList: cens };
}

/** The main thread measures; a thread sends the lists, so that building them delays no other client. */
function runSender(): void {
  parentPort?.on('message', async (round: string) => {
    const body = listOf(round);
    parentPort?.postMessage('sending');
    parentPort?.postMessage(await timed('POST', '/cen/import', body));
  });
}

class Sender {
  readonly #worker = new Worker(new URL(import.meta.url));

  /** Resolves with the milliseconds of one import; calls `sending` when it is sent. */
  async send(round: string, sending: () => void): Promise<number> {
    return await new Promise((resolve, reject) => {
      this.#worker.once('error', reject);
      this.#worker.removeAllListeners('message').on('message', (message: 'sending' | number) => {
        if (message === 'sending') sending();
        else resolve(message);
      });
      this.#worker.postMessage(round);
    });
  }

  close(): Promise<number> {
    return this.#worker.terminate();
  }
}

/** A client that runs until it is stopped, and records the latencies of its requests. */
async function load(requestOf: (count: number) => string, isOver: () => boolean): Promise<number[]> {
  const client = await HttpClient.open(PORT);
  const times: number[] = [];
  while (!isOver()) {
    const began = performance.now();
    const status = await client.ask(requestOf(times.length));
    if (status !== 200) throw new Error(`answered ${status}`);
    times.push(performance.now() - began);
  }
  client.close();
  return times;
}

function percentiles(times: readonly number[]): string {
  const at = (share: number) => `${quantile(times, share).toFixed(1)} ms`;
  return `p50 ${at(0.5)}, p99 ${at(0.99)}, longest ${Math.max(...times).toFixed(1)} ms (${times.length} requests)`;
}

interface Round {
  readonly imported: number;
  readonly reads: readonly number[];
  readonly writes: readonly number[];
}

async function importBesideOthers(sender: Sender, round: string): Promise<Round> {
  let isOver = false;
  const read = requestText(PORT, 'GET', '/cen/first');
  const clients = (name: string, requestOf: (client: number, count: number) => string) =>
    Array.from({ length: CLIENTS }, (_, client) =>
      load(
        (count) => requestOf(client, count),
        () => isOver,
      ),
    ).map((each) => each.catch((error: unknown) => Promise.reject(new Error(name, { cause: error }))));
  let reads: Promise<number[]>[] = [];
  let writes: Promise<number[]>[] = [];
  const imported = await sender.send(round, () => {
    reads = clients('a read', () => read);
    writes = clients('a write', (client, count) => requestText(PORT, 'PUT', `/cen/${round}-${client}-${count}`));
  });
  isOver = true;
  return { imported, reads: (await Promise.all(reads)).flat(), writes: (await Promise.all(writes)).flat() };
}

async function measure(): Promise<void> {
  const sender = new Sender();
  await timed('PUT', '/cen/first');
  const alone: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) alone.push(await sender.send(`a${round}`, () => undefined));
  print(`import of ${NETWORKS} networks with ${NETWORKS * MEMBERS} containers, alone`, inWords(alone));
  const rounds: Round[] = [];
  for (let round = 0; round < ROUNDS; round += 1) rounds.push(await importBesideOthers(sender, `b${round}`));
  print(
    `beside ${CLIENTS} clients that read and ${CLIENTS} that write`,
    inWords(rounds.map(({ imported }) => imported)),
  );
  print('GET meanwhile', percentiles(rounds.flatMap(({ reads }) => reads)));
  print('PUT of a network meanwhile', percentiles(rounds.flatMap(({ writes }) => writes)));
  await sender.close();
}

if (isMainThread) await withWeft(measure);
else runSender();
