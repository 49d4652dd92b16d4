import { setTimeout as pause } from 'node:timers/promises';
import { bareNetwork } from './floor.ts';
import { print, quantile, timed, withWeft } from './weft.ts';

/*
 * Times a pool of containers on one new CIN, from the request to the answer: made, scaled up and down, and deleted, in
 * comparison with the kernel alone for the same links, addresses and routes, before and after. The last lines are the result.
 *
 * unshare -mn --propagation private sh -c 'mount -t tmpfs none /run; ip link set lo up; exec node_modules/.bin/node
 * test/bench/pools.ts [containers]'
 */

const containers = Number(process.argv[2] ?? 200);
const ROUNDS = 9;
/** The kernel removes deleted namespaces in the background, which takes a processor: nobody is to be measured meanwhile. */
const SETTLED_MS = 500;

const median = (times: readonly number[]) => quantile(times, 0.5);
const inWords = (times: readonly number[]) => `${times.map((time) => Math.round(time)).join(', ')} ms`;

function scale(start_with: number): Promise<number> {
  const cpoolList = [{ cpoolID: 'p', type: 'netns', start_with, cins: [{ cinID: 'net' }] }];
  return timed('POST', '/cpool', { cpoolList });
}

async function measureBare(labelled: boolean): Promise<number> {
  await pause(SETTLED_MS);
  return bareNetwork({ containers, together: 50, addressed: true, labelled }).made;
}

async function measure(): Promise<void> {
  const bare: number[] = [];
  const labelled: number[] = [];
  const times = { made: [] as number[], same: [] as number[], down: [] as number[], up: [] as number[] };
  const deleted: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    bare.push(await measureBare(false));
    labelled.push(await measureBare(true));
    await pause(SETTLED_MS);
    times.made.push(await scale(containers));
    times.same.push(await scale(containers));
    times.down.push(await scale(containers / 2));
    times.up.push(await scale(containers));
    deleted.push(await timed('DELETE', '/cpool/p'));
  }
  bare.push(await measureBare(false));
  const to = (base: readonly number[]) => `${(median(times.made) / median(base)).toFixed(2)} ×`;
  const ratio = `${to(labelled)}, and ${to(bare)} of the same without labels`;
  print(`the kernel alone, for the links, addresses and routes of ${containers} containers`, inWords(bare));
  print('the same with the labels and settings of weft', inWords(labelled));
  print(`a pool of ${containers} containers with addresses`, `${inWords(times.made)}: ${ratio}`);
  print('requested again as it is', inWords(times.same));
  print(`scaled to ${containers / 2}`, inWords(times.down));
  print(`scaled to ${containers}`, inWords(times.up));
  print('deleted', inWords(deleted));
}

await withWeft(measure);
