import { describe, expect, it } from 'vitest';
import type { Network } from './desired.ts';
import { partsOf } from './parts.ts';

const container = (name: string): Network => ({
  namespaces: [{ name, label: `weft:db/${name}`, present: true }],
  segments: [],
  isolations: [],
  processes: [],
});

function cen(name: string, containers: readonly string[]): Network {
  const members = containers.map((each, ordinal) => ({ container: each, ordinal, outside: `${each}.${ordinal}o` }));
  return {
    namespaces: [],
    segments: [{ name, label: `weft:db/${name}`, linkName: name, made: true, members }],
    isolations: [],
    processes: [],
  };
}

const parts = (networks: readonly Network[], namespaces: readonly string[], size: number) =>
  [...partsOf(networks, namespaces, size)].map(({ which, namespaces: names }) => ({ which, names: [...names] }));

describe('the parts of a host', () => {
  it('have a network with its members, and these containers’ own desired state', () => {
    const networks = [container('a'), container('b'), container('c'), container('d'), cen('x', ['c', 'a'])];
    expect(parts(networks, ['a', 'b', 'c', 'd'], 2)).toEqual([
      { which: [4, 2, 0], names: ['c', 'a'] },
      { which: [1, 3], names: ['b', 'd'] },
    ]);
  });

  it('contain a namespace twice if it is in two networks, and its own desired state once', () => {
    const networks = [cen('x', ['a', 'b']), cen('y', ['b', 'c']), container('b')];
    expect(parts(networks, [], 2)).toEqual([
      { which: [0, 2], names: ['a', 'b'] },
      { which: [1], names: ['b', 'c'] },
    ]);
  });

  it('have each network once, each namespace at least once, and at most the size and their last network', () => {
    const names = Array.from({ length: 100 }, (_, number) => `c${number}`);
    const cens = Array.from({ length: 30 }, (_, number) =>
      cen(`n${number}`, names.slice((number * 7) % 90, ((number * 7) % 90) + 9)),
    );
    const networks = [...names.slice(0, 95).map(container), ...cens];
    const found = parts(networks, names, 20);
    expect(found.flatMap(({ which }) => which).sort((left, right) => left - right)).toEqual([...networks.keys()]);
    expect(new Set(found.flatMap((part) => part.names))).toEqual(new Set(names));
    for (const { names: own } of found) expect(own.length).toBeLessThan(29);
    for (const { which, names: own } of found) {
      for (const place of which) {
        const needed = networks[place]?.segments.flatMap(({ members }) => members.map((each) => each.container)) ?? [];
        expect(needed.filter((name) => !own.includes(name))).toEqual([]);
      }
    }
  });

  it('of an empty host are none', () => {
    expect(parts([], [], 5)).toEqual([]);
  });
});
