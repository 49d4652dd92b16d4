import { bareNetwork } from './floor.ts';
import { load, print, quantile, timed, withWeft } from './weft.ts';

/*
 * Cost of one change, one answer and a whole host beside thousands of other containers: the same measured on an empty
 * host and on one with five thousand containers. Run by `npm run bench` in a network and mount namespace of its own; an
 * argument is another number of containers.
 */

const CENS = 100;
const containers = Number(process.argv[2] ?? 5_000);
const TURNS = 100;

interface Changes {
  readonly joined: readonly number[];
  readonly removed: readonly number[];
}

/** Containers, one after another, join a bridge of three and leave it. */
async function changes(): Promise<Changes> {
  const joined: number[] = [];
  const removed: number[] = [];
  for (let turn = 0; turn < TURNS; turn += 1) {
    joined.push(await timed('PUT', `/host/host1/j${turn}/lan`));
    removed.push(await timed('DELETE', `/host/host1/j${turn}`));
  }
  return { joined, removed };
}

async function measure(where: string): Promise<void> {
  const bare = Array.from({ length: 20 }, () => bareNetwork({ containers: 1, together: 1 }).made);
  print(`the kernel alone, for a container and its veth, ${where}`, inWords(bare));
  const { joined, removed } = await changes();
  print(`creating a container that joins a bridge of three, ${where}`, inWords(joined));
  print(`removing it from the bridge and the host, ${where}`, inWords(removed));
  const { rate, latency99 } = load({ connections: 8, seconds: 3, path: '/cen/lan' });
  print(`GET /cen/{id}, 8 connections of wrk, ${where}`, `${Math.round(rate)} a second, p99 ${latency99}`);
}

function inWords(times: readonly number[]): string {
  return `p50 ${quantile(times, 0.5).toFixed(1)} ms, p99 ${quantile(times, 0.99).toFixed(1)} ms`;
}

await withWeft(async () => {
  await timed('POST', '/cen/import', { cenList: [{ cenID: 'lan', containerIDs: ['a', 'b', 'c'] }] });
  await timed('POST', '/cen/make', ['lan']);
  await changes();
  await measure('on an empty host');
  const cenList = Array.from({ length: CENS }, (_, cen) => ({
    cenID: `n${cen}`,
    containerIDs: Array.from({ length: containers / CENS }, (_member, container) => `n${cen}c${container}`),
  }));
  const imported = await timed('POST', '/cen/import', { cenList });
  const ids = cenList.map(({ cenID }) => cenID);
  const made = await timed('POST', '/cen/make', ids);
  print(`import of ${CENS} networks with ${containers} containers`, `${(imported / 1000).toFixed(1)} s`);
  print('make them', `${(made / 1000).toFixed(1)} s`);
  await measure(`beside ${containers}`);
  print('destroy them', `${((await timed('POST', '/cen/destroy', ids)) / 1000).toFixed(1)} s`);
});
