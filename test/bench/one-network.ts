import { bareNetwork } from './floor.ts';
import { print, quantile, timed, withWeft } from './weft.ts';

/*
 * Times one network of a thousand containers end to end, from the request to the answer that it is made or destroyed,
 * in comparison with the kernel alone for the same links, before and after. The last line is the result.
 *
 * unshare -mn --propagation private sh -c 'mount -t tmpfs none /run; ip link set lo up; exec node_modules/.bin/node
 * test/bench/one-network.ts [containers]'
 */

const containers = Number(process.argv[2] ?? 1000);
const ROUNDS = 3;

const median = (times: readonly number[]) => quantile(times, 0.5);
const inWords = (times: readonly number[]) => `${times.map((time) => Math.round(time)).join(', ')} ms`;

async function measure(): Promise<void> {
  const containerIDs = Array.from({ length: containers }, (_, number) => `c${number}`);
  await timed('POST', '/cen/import', { cenList: [{ cenID: 'n', containerIDs }] });
  const bare: number[] = [];
  const made: number[] = [];
  const destroyed: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    bare.push(bareNetwork({ containers, together: 50 }).made);
    made.push(await timed('POST', '/cen/make', ['n']));
    destroyed.push(await timed('POST', '/cen/destroy', ['n']));
  }
  bare.push(bareNetwork({ containers, together: 50 }).made);
  const ratio = (times: readonly number[]) => `${(median(times) / median(bare)).toFixed(2)} ×`;
  print(`the kernel alone, for the links of a network of ${containers} containers`, inWords(bare));
  print('made: namespaces, bridge, veths', `${inWords(made)}: ${ratio(made)}`);
  print('destroyed', `${inWords(destroyed)}: ${ratio(destroyed)}`);
}

await withWeft(measure);
