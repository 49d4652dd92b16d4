import { deepEqual, equal } from 'node:assert/strict';
import { Asking, Crowd } from '../conformance/monitor/threads.ts';
import { PORT, print, quantile, timed, withWeft } from './weft.ts';

/*
 * Times requests to the API, and a pool of 200 containers that comes up, beside 500 connections with a monitor each,
 * whose clients use the same processors. It fails unless each monitor was told of each container once. The last lines
 * are the result.
 *
 * unshare -mn --propagation private sh -c 'mount -t tmpfs none /run; ip link set lo up; exec node_modules/.bin/node
 * test/bench/monitor.ts [monitors]'
 */

const monitors = Number(process.argv[2] ?? 500);
const CONTAINERS = 200;
const ROUNDS = 3;
const url = `http://127.0.0.1:${PORT}`;

function scale(pool: string, start_with: number): Promise<number> {
  const cpoolList = [{ cpoolID: pool, type: 'netns', start_with, cins: [{ cinID: `cin-${pool}` }] }];
  return timed('POST', '/cpool', { cpoolList });
}

/** A pool that comes up, and how long requests take meanwhile. */
async function comesUp(pool: string): Promise<{ readonly made: number; readonly requests: readonly number[] }> {
  await using asking = await Asking.start(`${url}/cen/cin-${pool}`);
  const made = await scale(pool, CONTAINERS);
  return { made, requests: await asking.end() };
}

/** The same with monitors, and how long after the answer the last of them knows all of the pool. */
async function comesUpWatched(pool: string) {
  await using crowd = await Crowd.start({ url, cin: `cin-${pool}`, tag: pool, monitors, containers: CONTAINERS });
  const toldAll = crowd.known.then((all) => ({ all, at: performance.now() }));
  const { made, requests } = await comesUp(pool);
  const answered = performance.now();
  const { all, at } = await toldAll;
  const names = Array.from({ length: CONTAINERS }, (_, index) => `${pool}-${index + 1}`);
  equal(all.length, monitors);
  // Nothing is lost, and nothing told twice.
  for (const known of all) deepEqual(known.toSorted(), names.toSorted());
  return { made, requests, late: Math.max(0, at - answered) };
}

const median = (times: readonly number[]) => `${Math.round(quantile(times, 0.5))} ms`;
const inWords = (times: readonly number[]) =>
  `p50 ${quantile(times, 0.5).toFixed(1)} ms, p99 ${quantile(times, 0.99).toFixed(1)} ms, longest ${quantile(times, 1 - 1e-9).toFixed(0)} ms`;

async function measure(): Promise<void> {
  const alone = { made: [] as number[], requests: [] as number[] };
  const watched = { made: [] as number[], requests: [] as number[], late: [] as number[] };
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const pool of [`alone${round}`, `seen${round}`]) await scale(pool, 0);
    const first = await comesUp(`alone${round}`);
    alone.made.push(first.made);
    alone.requests.push(...first.requests);
    const second = await comesUpWatched(`seen${round}`);
    watched.made.push(second.made);
    watched.requests.push(...second.requests);
    watched.late.push(second.late);
    for (const pool of [`alone${round}`, `seen${round}`]) await timed('DELETE', `/cpool/${pool}`);
  }
  print(`a pool of ${CONTAINERS} comes up`, median(alone.made));
  print('requests meanwhile', inWords(alone.requests));
  print(`a pool of ${CONTAINERS} comes up beside ${monitors} monitors`, median(watched.made));
  print('requests meanwhile', inWords(watched.requests));
  print('the last monitor knows all of it after the answer', median(watched.late));
}

await withWeft(measure);
