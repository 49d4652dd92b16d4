import { describe, expect, it } from 'vitest';
import { Problem } from '../../../schema/problem.ts';
import type { Labelled } from '../../../schema/resources/definition.ts';
import type { ScanRows } from '../../../schema/store/idle.ts';
import type { Step } from '../../kinds/resource.ts';
import { type Comparable, comparing, type IdleResource } from './differences.ts';

/** Resources that are numbers on a host of numbers; a negative number is a foreign object in the way. */
type Host = Readonly<Record<string, number>>;
type Wanted = { name: string; value: number };
type Comparing = Comparable<Wanted, Wanted, Host, Step & { readonly by: number }>;

const labelled: Labelled = { kind: 'link', place: null, name: 'lost', label: 'weft:database/lost', resource: 'lost' };

function idle(name: string, value: number): IdleResource<{ name: string; value: number }> {
  return { subject: name, generation: 1, subjects: [name], eventNames: [`id of ${name}`], desired: { name, value } };
}

/** Compares these rows with the host `{ a: 1, b: 2 }`; `calls` records the order in which rows and host are read. */
function fixture(rows: readonly IdleResource<{ name: string; value: number }>[]) {
  const calls: string[] = [];
  const read = <Value>(what: string, value: Value): Promise<Value> => {
    calls.push(what);
    return Promise.resolve(value);
  };
  const host: Host = { a: 1, b: 2 };
  const kind: Comparing = {
    definition: { name: 'test', repair: (subject) => `${subject}.repair` },
    spec: { desired: (wanted) => wanted },
    resource: {
      observe: () => read('part of the host', host),
      observeAll: () => read('host', host),
      plan: ({ name, value }, observed) => {
        if (value < 0) throw new Problem('conflict', 'something is in the way');
        const by = value - (observed[name] ?? 0);
        return by === 0 ? [] : [{ name: 'count', item: name, by }];
      },
      removes: ({ by }) => by < 0,
      labels: { kinds: ['link'], find: () => [labelled] },
    },
  };
  const store: ScanRows = {
    async *loadIdle() {
      const idle = rows.map(({ desired, ...each }) => ({ ...each, rows: desired }));
      yield await read('rows', { idle, busy: [], since: 9e9 });
    },
    findOrphans: (found) => read('orphans', [...found]),
  };
  return { kind, store, calls };
}

describe('a comparison of everything', () => {
  it('reads the rows before the host, and queries orphans last', async () => {
    const { kind, store, calls } = fixture([idle('a', 1)]);
    await comparing(kind, store, 'weft:database/')('all');
    expect(calls).toEqual(['rows', 'host', 'orphans']);
  });

  it('returns differences, and which of them remove something or cannot be repaired, as plain data', async () => {
    const { kind, store } = fixture([idle('a', 1), idle('b', 1), idle('c', 1), idle('d', -1)]);
    const found = await comparing(kind, store, 'weft:database/')('all');
    expect(structuredClone(found)).toEqual(found);
    expect(found.orphans).toEqual({ labelled: 1, orphans: [labelled] });
    const plain = found.differences.map(({ subject, steps, problem, removes }) => ({
      ...{ subject, steps, problem: problem?.detail, removes },
    }));
    expect(plain).toEqual([
      { subject: 'b', steps: [{ name: 'count', item: 'b' }], problem: undefined, removes: true },
      { subject: 'c', steps: [{ name: 'count', item: 'c' }], problem: undefined, removes: false },
      { subject: 'd', steps: [], problem: 'something is in the way', removes: false },
    ]);
  });

  it('observes each resource by itself if the kind cannot observe the whole host', async () => {
    const { kind, store, calls } = fixture([idle('a', 1), idle('b', 1)]);
    const { observeAll: _, ...resource } = kind.resource;
    const found = await comparing({ ...kind, resource }, store, 'weft:database/')('all');
    expect(found.differences.map(({ subject }) => subject)).toEqual(['b']);
    expect(found.orphans).toBeNull();
    expect(calls).toEqual(['rows', 'part of the host', 'part of the host']);
  });
});

it('a comparison of the resources that events named observes no others', async () => {
  const { kind, store, calls } = fixture([idle('b', 1)]);
  const found = await comparing(kind, store, 'weft:database/')(['id of b']);
  expect(found.differences.map(({ subject, repairKind }) => [subject, repairKind])).toEqual([['b', 'b.repair']]);
  expect(calls).toEqual(['rows', 'part of the host']);
});
