import { expect, it } from 'vitest';
import { serve } from './serve.ts';
import { Asking, Crowd, quantileOf } from './threads.ts';

const MONITORS = 500;
/** Promised of nearly all requests to the API meanwhile, in milliseconds. */
const PROMISED_MS = 50;

it('500 monitors are told of 200 containers that come up one after another: nothing lost, nothing twice', async () => {
  const { stage } = await serve();
  const rows = await stage.cin();
  await rows.add(['earlier'], { tag: 'earlier' });
  const names = Array.from({ length: 200 }, (_, index) => `pool-${index}`);
  await using crowd = await Crowd.start({
    ...{ url: stage.url, cin: rows.cin, tag: 'pool', monitors: MONITORS, containers: names.length },
  });
  await using asking = await Asking.start(`${stage.url}/operations?limit=1`);
  for (const name of names) await rows.add([name], { tag: 'pool' });
  const all = await crowd.known;
  const durations = await asking.end();
  expect(all).toHaveLength(MONITORS);
  for (const known of all) expect(known).toEqual(names);
  // The slowest ones, and a third of that time, say more about the machine that the tests share.
  expect(quantileOf(durations, 0.5)).toBeLessThan(3 * PROMISED_MS);
});
