import { describe, expect, it } from 'vitest';
import { converge, picture } from '../../../test/doubles/converging.ts';
import { SimulatedHost } from '../../../test/doubles/simulated-host.ts';
import type { MemberSpec, Network, SegmentSpec } from './desired.ts';
import { layout } from './layout.ts';
import { plan } from './plan.ts';

function segment(name: string, containers: readonly string[], made = true): SegmentSpec {
  const members = containers.map((container): MemberSpec => {
    const ordinal = Number(name.slice(-1));
    return { container, ordinal, outside: `${container}.${ordinal}o` };
  });
  return { name, label: `weft:db/${name}`, linkName: name, made, members };
}

function network(present: readonly string[], absent: readonly string[], ...segments: readonly SegmentSpec[]): Network {
  const spec = (name: string, isPresent: boolean) => ({ name, label: `weft:db/${name}`, present: isPresent });
  return {
    namespaces: [...present.map((name) => spec(name, true)), ...absent.map((name) => spec(name, false))],
    segments,
    isolations: [],
    processes: [],
  };
}

const abc = ['a', 'b', 'c'];
const nothing = network([], [...abc, 'd'], segment('cen0', [], false));
const wire = network(['a', 'b'], ['c', 'd'], segment('cen0', ['a', 'b']));
const otherWire = network(['a', 'c'], ['b', 'd'], segment('cen0', ['a', 'c']));
const bridge = network(abc, ['d'], segment('cen0', abc));
const otherBridge = network(['b', 'c', 'd'], ['a'], segment('cen0', ['b', 'c', 'd']));
const alone = network(['a'], ['b', 'c', 'd'], segment('cen0', ['a']));
const everything = { nothing, wire, otherWire, bridge, otherBridge, alone };

describe('plan', () => {
  it('creates a wire for two: one pair, named after the CEN at both ends', () => {
    const host = new SimulatedHost();
    expect(converge(host, wire)).toEqual(['namespace.create', 'namespace.create', 'veth.create']);
    expect(host.links.map(({ namespace, name, alias }) => [namespace, name, alias])).toEqual([
      ['a', 'cen0', 'weft:db/cen0 a.0i b.0i'],
      ['b', 'cen0', 'weft:db/cen0 b.0i a.0i'],
    ]);
  });

  it('creates a bridge for three, with a port for each', () => {
    const host = new SimulatedHost();
    converge(host, bridge);
    const cen = host.links.find(({ kind }) => kind === 'bridge');
    expect(cen).toMatchObject({ name: 'cen0', alias: 'weft:db/cen0 cen0', up: true });
    expect(host.links.filter(({ master }) => master === cen?.index).map(({ name }) => name)).toEqual([
      'a.0o',
      'b.0o',
      'c.0o',
    ]);
  });

  it('sets no port of a new bridge up before the last is there, and then the bridge', () => {
    const host = new SimulatedHost();
    const steps = plan(bridge, host.observe());
    for (const step of steps) {
      if (step.name === 'links.enable')
        expect(step.links.map(({ name }) => name)).toEqual(['a.0o', 'b.0o', 'c.0o', 'cen0']);
      else expect(host.links.filter(({ namespace, up }) => namespace === null && up)).toEqual([]);
      host.apply(step);
    }
    expect(host.links.filter(({ up }) => !up)).toEqual([]);
  });

  it('creates the port of a container that joins a bridge and sets it up in one step', () => {
    const host = new SimulatedHost();
    converge(host, bridge);
    const joined = network([...abc, 'd'], [], segment('cen0', [...abc, 'd']));
    expect(converge(host, joined)).toEqual(['namespace.create', 'veth.create']);
  });

  it('sets up all links that are down in one step, and deletes no link that is deleted with its other end', () => {
    const host = new SimulatedHost();
    converge(host, bridge);
    for (const link of host.links) link.up = false;
    expect(converge(host, bridge)).toEqual(['links.enable']);
    expect(converge(host, network([], abc, segment('cen0', abc, false)))).toEqual([
      'links.delete',
      'namespace.delete',
      'namespace.delete',
      'namespace.delete',
    ]);
  });

  it('creates no links for one', () => {
    const host = new SimulatedHost();
    expect(converge(host, alone)).toEqual(['namespace.create']);
  });

  it('keeps the hardware addresses of remaining members when a wire becomes a bridge and back', () => {
    const host = new SimulatedHost();
    const addresses = () =>
      host.links
        .filter(({ namespace }) => namespace === 'a' || namespace === 'b')
        .map(({ mac }) => mac)
        .sort();
    converge(host, wire);
    const before = addresses();
    expect(converge(host, bridge)).toEqual([
      'namespace.create',
      'bridge.create',
      'veth.create',
      'veth.create',
      'veth.create',
      'links.enable',
      'links.replace',
    ]);
    expect(addresses()).toEqual(before);
    converge(host, wire);
    expect(addresses()).toEqual(before);
  });

  it('is empty the second time', () => {
    for (const desired of Object.values(everything)) {
      const host = new SimulatedHost();
      converge(host, desired);
      expect(plan(desired, host.observe())).toEqual([]);
    }
  });

  const pairs = Object.keys(everything).flatMap((from) => Object.keys(everything).map((to) => [from, to] as const));

  it.each(pairs)('reaches the same state from %s to %s, stopped at any step', (from, to) => {
    const source = everything[from as keyof typeof everything];
    const target = everything[to as keyof typeof everything];
    const straight = new SimulatedHost();
    converge(straight, target);
    for (let stop = 0; ; stop += 1) {
      const host = new SimulatedHost();
      converge(host, source);
      const taken = converge(host, target, stop);
      // Killed here: the next start continues, or the change failed and is undone.
      const undone = host.copy();
      converge(host, target);
      expect(picture(host)).toEqual(picture(straight));
      converge(undone, source);
      const origin = new SimulatedHost();
      converge(origin, source);
      expect(picture(undone)).toEqual(picture(origin));
      if (taken.length < stop) break;
    }
  });

  it('labels what a killed executor created and did not label', () => {
    const host = new SimulatedHost();
    converge(host, bridge);
    const straight = picture(host);
    for (const link of host.links) {
      const { alias } = link;
      link.alias = null;
      expect(converge(host, bridge)).toEqual(['link.label']);
      expect(link.alias).toBe(alias);
    }
    expect(picture(host)).toEqual(straight);
  });

  it('repairs links that were renamed, set down, removed from the bridge or deleted', () => {
    const host = new SimulatedHost();
    converge(host, bridge);
    const straight = picture(host);
    const named = (name: string) => host.links.find((link) => link.name === name) as (typeof host.links)[number];
    const harms: (() => void)[] = [
      () => Object.assign(named('a.0o'), { name: 'other' }),
      () => Object.assign(named('b.0o'), { up: false }),
      () => Object.assign(named('c.0o'), { master: null }),
      () => host.removeLink(named('a.0o')),
      () => host.removeLink(host.links.find(({ kind }) => kind === 'bridge') as (typeof host.links)[number]),
      () => host.apply({ name: 'namespace.delete', item: 'b', namespace: 'b', label: 'weft:db/b' }),
    ];
    for (const harm of harms) {
      harm();
      expect(plan(bridge, host.observe())).not.toEqual([]);
      converge(host, bridge);
      expect(picture(host)).toEqual(straight);
    }
  });
});

describe('a plan for some members of a bridge', () => {
  const four = [...abc, 'd'];
  const { members } = segment('cen0', ['d']);
  const joined: Network = network(['d'], [], { ...segment('cen0', []), members, without: [] });
  const left: Network = network([], ['d'], { ...segment('cen0', []), members: [], without: members });
  const ofThree = network(abc, ['d'], segment('cen0', abc));
  const ofFour = network(four, [], segment('cen0', four));

  it.each([
    ['joins', ofThree, joined, ofFour, left],
    ['leaves', ofFour, left, ofThree, joined],
  ])(
    'that %s reaches the same state as a plan for all members, stopped at any step, and back',
    (_what, source, part, whole, back) => {
      const [origin, straight] = [new SimulatedHost(), new SimulatedHost()];
      converge(origin, source);
      converge(straight, whole);
      for (let stop = 0; ; stop += 1) {
        const host = origin.copy();
        const taken = converge(host, part, stop);
        const undone = host.copy();
        converge(host, part);
        expect(picture(host)).toEqual(picture(straight));
        converge(undone, back);
        expect(picture(undone)).toEqual(picture(origin));
        if (taken.length < stop) break;
      }
    },
  );

  it('does not change the others, in whatever state they are', () => {
    const host = new SimulatedHost();
    converge(host, ofThree);
    for (const name of ['a.0o', 'b.0o'])
      Object.assign(host.links.find((link) => link.name === name) ?? {}, { up: false });
    host.addLink({ name: 'stale', alias: 'weft:db/cen0 e.0o e.0i', kind: 'veth' });
    const before = picture(host);
    converge(host, joined);
    converge(host, left);
    expect(picture(host)).toEqual(before);
  });

  it('creates a bridge again that was deleted', () => {
    const host = new SimulatedHost();
    converge(host, ofThree);
    host.removeLink(host.links.find(({ kind }) => kind === 'bridge') as (typeof host.links)[number]);
    expect(converge(host, joined)).toEqual(['namespace.create', 'bridge.create', 'veth.create']);
  });

  it('deletes a member’s remaining link with another alias from its container', () => {
    const host = new SimulatedHost();
    converge(host, ofFour);
    Object.assign(host.links.find((link) => link.namespace === 'd') ?? {}, { alias: 'weft:db/cen0 d.7i d.7o' });
    converge(host, left);
    expect(host.links.filter((link) => link.namespace === 'd' || link.name.startsWith('d.'))).toEqual([]);
  });
});

describe('a foreign object in the way', () => {
  it.each([
    [
      'a namespace without a label',
      (host: SimulatedHost) => host.addNamespace('b', null),
      /Namespace b already exists and does not belong to weft \(no label\)/,
    ],
    [
      'a namespace of another database',
      (host: SimulatedHost) => host.addNamespace('b', 'weft:other/b'),
      /Namespace b .* \(weft:other\/b\)/,
    ],
    [
      'a bridge of that name',
      (host: SimulatedHost) => host.addLink({ name: 'cen0', kind: 'bridge' }),
      /Link cen0 on the host already exists .* a bridge device without weft's label/,
    ],
    [
      'a physical device of that name',
      (host: SimulatedHost) => host.addLink({ name: 'b.0o', kind: null }),
      /Link b\.0o on the host .* a physical device/,
    ],
  ])('%s is named in a conflict, and no step is planned', (_what, occupy, message) => {
    const host = new SimulatedHost();
    occupy(host);
    expect(() => plan(bridge, host.observe())).toThrow(message);
  });

  it('does not change unlabelled links, or those of another CEN', () => {
    const host = new SimulatedHost();
    converge(host, network(abc, [], segment('cen1', abc)));
    host.addLink({ name: 'theirs', kind: 'veth' });
    const before = picture(host);
    const both = network(abc, [], segment('cen0', abc));
    converge(host, both);
    converge(host, network(abc, [], segment('cen0', [], false)));
    expect(picture(host)).toEqual(before);
  });
});

describe('layout', () => {
  it('gives every end an alias that fits into IFALIASZ, even for the longest ids', () => {
    const long = 'x'.repeat(64);
    const uuid = '00000000-0000-4000-8000-000000000000';
    const spec = {
      ...segment('cen0', []),
      label: `weft:${uuid}/${uuid}`,
      members: [997, 998, 999].map((ordinal) => ({ container: long, ordinal, outside: 'x' })),
    };
    for (const { ends } of layout(spec).pairs) for (const { alias } of ends) expect(alias.length).toBeLessThan(256);
  });
});
