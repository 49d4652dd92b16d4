import { type Limits, resourcesOf } from '../bundle/cgroups.ts';

const UNLIMITED = -1;
/** Of the kernel, in microseconds. */
const PERIOD = 100_000;

/**
 * What `runc update --resources` reads (runc-update(8)). A limit that is left out would stay as it is. On version 1 of control
 * groups the limit of memory must never exceed that with swap: runc writes them in the order in which it does not.
 */
export function updateOf(limits: Limits) {
  const { memory = { limit: UNLIMITED, swap: UNLIMITED }, cpu = { quota: UNLIMITED, period: PERIOD } } =
    resourcesOf(limits);
  return { memory, cpu };
}
