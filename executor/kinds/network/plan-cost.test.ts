import { expect, it } from 'vitest';
import { SimulatedHost } from '../../../test/doubles/simulated-host.ts';
import type { Network, SegmentSpec } from './desired.ts';
import { plan } from './plan.ts';
import type { ObservedNetwork } from './steps.ts';

/*
 * The cost of a plan: the number of properties of specs and links that it reads, which does not depend on the machine.
 */

function segment(name: string, size: number, made: boolean): SegmentSpec {
  const members = Array.from({ length: size }, (_, number) => {
    const container = `${name}c${number}`;
    return { container, ordinal: 0, outside: `${container}.0o` };
  });
  return { name, label: `weft:db/${name}`, linkName: name, made, members };
}

function network(segments: readonly SegmentSpec[]): Network {
  const namespaces = segments.flatMap(({ made, members }) =>
    members.map(({ container }) => ({ name: container, label: `weft:db/${container}`, present: made })),
  );
  return { namespaces, segments, isolations: [], processes: [] };
}

function made(desired: Network): SimulatedHost {
  const host = new SimulatedHost();
  for (const step of plan(desired, host.observe())) host.apply(step);
  return host;
}

/** Counts each property that is read through the proxy, at any depth. */
class Reads {
  count = 0;

  watch<Value>(value: Value): Value {
    if (typeof value !== 'object' || value === null) return value;
    if (value instanceof Map) return new Map([...value].map(([key, entry]) => [key, this.watch(entry)])) as Value;
    return new Proxy(value, {
      get: (target, name) => {
        this.count += 1;
        return this.watch(Reflect.get(target, name));
      },
    });
  }
}

function reads(desired: Network, observed: ObservedNetwork): number {
  const counter = new Reads();
  const { host, namespaces } = observed;
  plan(counter.watch(desired), { ...observed, host: counter.watch(host), namespaces: counter.watch(namespaces) });
  return counter.count;
}

const one = (size: number, isMade = true) => network([segment('n', size, isMade)]);
const many = (count: number, isMade = true) =>
  network(Array.from({ length: count }, (_, number) => segment(`n${number}_`, 3, isMade)));

const situations: Readonly<Record<string, (size: number) => [Network, ObservedNetwork]>> = {
  'one network on an empty host': (size) => [one(size), new SimulatedHost().observe()],
  'one existing network': (size) => [one(size), made(one(size)).observe()],
  'one network to be deleted': (size) => [one(size, false), made(one(size)).observe()],
  'one network whose links were all set down and removed from the bridge': (size) => {
    const host = made(one(size));
    for (const link of host.links) Object.assign(link, { up: false, master: null });
    return [one(size), host.observe()];
  },
  'one network whose links have all lost their alias': (size) => {
    const host = made(one(size));
    for (const link of host.links) link.alias = null;
    return [one(size), host.observe()];
  },
  'many existing networks': (size) => [many(size), made(many(size)).observe()],
  'many networks to be deleted': (size) => [many(size, false), made(many(size)).observe()],
};

it.each(Object.entries(situations))('a plan reads a constant amount for each link: %s', (_what, of) => {
  const [few, more] = [20, 160].map((size) => reads(...of(size)) / size);
  expect(more).toBeLessThanOrEqual(few ?? 0);
});
