import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type NetnsDriver, NetnsError, openNetnsDriver } from '../../executor/drivers/netns/driver.ts';
import type { Network } from '../../executor/kinds/network/desired.ts';
import { networkResource } from '../../executor/kinds/network/resource.ts';
import { converge } from '../../executor/loop/converge.ts';
import { isolationInMemory } from '../doubles/isolation.ts';
import { clearHost, picture } from '../support/host.ts';

/*
 * A batch that ends in the middle, between two calls of the kernel: the state of the host is the same as after a kill.
 * The permission to change the host expires at a time that the test chooses; which step that interrupts depends on the
 * speed of the machine.
 */

const CONTAINERS = 40;
const STOPS_MS = [1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144];

let driver: NetnsDriver;
/** In the monotonic clock. */
const expires = new BigInt64Array(new SharedArrayBuffer(8)).fill(2n ** 62n);

beforeAll(async () => {
  driver = await openNetnsDriver({ expires });
});

afterEach(() => clearHost());

afterAll(() => driver.close());

function network(made: boolean): Network {
  const members = Array.from({ length: CONTAINERS }, (_, number) => ({
    container: `c${number}`,
    ordinal: 0,
    outside: `c${number}.0o`,
  }));
  return {
    namespaces: members.map(({ container }) => ({ name: container, label: `weft:db/${container}`, present: made })),
    segments: [{ name: 'n', label: 'weft:db/n', linkName: 'n', made, members: made ? members : [] }],
    isolations: [],
    processes: [],
  };
}

const all = { check: () => undefined, remaining: () => undefined };
const become = (desired: Network) =>
  converge(networkResource({ driver, isolation: isolationInMemory() }), desired, all);

/** Returns whether it was stopped. */
async function stoppedAfter(milliseconds: number, desired: Network): Promise<boolean> {
  Atomics.store(expires, 0, process.hrtime.bigint() + BigInt(milliseconds) * 1_000_000n);
  try {
    await become(desired);
    return false;
  } catch (error) {
    const { cause } = error as Error;
    if (cause instanceof NetnsError && cause.code === 'expired') return true;
    throw error;
  } finally {
    Atomics.store(expires, 0, 2n ** 62n);
  }
}

it('is completed, or rolled back, from any point of interruption', async () => {
  const before = picture();
  await become(network(true));
  const straight = picture();
  let stops = 0;
  for (const milliseconds of STOPS_MS) {
    await become(network(false));
    expect(picture()).toEqual(before);
    stops += Number(await stoppedAfter(milliseconds, network(true)));
    if (stops % 2 === 0) await become(network(false));
    await become(network(true));
    expect(picture()).toEqual(straight);
    stops += Number(await stoppedAfter(milliseconds, network(false)));
  }
  expect(stops).toBeGreaterThan(1);
});
