import { expect, it } from 'vitest';
import { Asking, Crowd, quantileOf } from '../conformance/monitor/threads.ts';
import { namespaces } from '../support/host.ts';
import { LocalWeft } from '../support/local-weft.ts';

const MONITORS = 100;
const CONTAINERS = 50;
/** Promised of nearly all requests to the API meanwhile, in milliseconds. */
const PROMISED_MS = 50;

async function scale(weft: LocalWeft, start_with: number): Promise<void> {
  const cpoolList = [{ cpoolID: 'p', type: 'netns', start_with, cins: [{ cinID: 'net' }] }];
  const answer = await weft.request('POST', '/cpool', { cpoolList }, { prefer: 'wait=60' });
  expect(answer.status).toBe(200);
}

it('100 monitors are told of a pool of 50 that comes up: nothing lost, nothing twice, and the API goes on', async () => {
  const weft = await LocalWeft.start();
  await scale(weft, 0);
  const url = weft.url.replace(/\/$/, '');
  const names = Array.from({ length: CONTAINERS }, (_, index) => `p-${index + 1}`);
  // What is told twice before the last one comes would be among as many.
  const last = `p-${CONTAINERS + 1}`;
  await using crowd = await Crowd.start({
    ...{ url, cin: 'net', tag: 'p', monitors: MONITORS, containers: CONTAINERS + 1 },
  });
  await using asking = await Asking.start(`${url}/cen/net`);
  await scale(weft, CONTAINERS);
  const durations = await asking.end();
  expect(namespaces().sort()).toEqual(names.toSorted());
  await scale(weft, CONTAINERS + 1);
  const all = await crowd.known;
  expect(all).toHaveLength(MONITORS);
  for (const known of all) {
    expect(known.at(-1)).toBe(last);
    expect(known.slice(0, -1).sort()).toEqual(names.toSorted());
  }
  // The slowest tenth, whose times the bench prints, says more about the machine that the tests share.
  expect(quantileOf(durations, 0.9)).toBeLessThan(3 * PROMISED_MS);
});
