import { describe, expect, it } from 'vitest';
import { Problem } from '../../../schema/problem.ts';
import type { Association } from '../../../schema/resources/bridges.ts';
import type { Link } from '../../drivers/netns/driver.ts';
import { type BridgeStep, type Bridges, type ObservedBridges, plan } from './plan.ts';
import { bridgesSpec } from './spec.ts';

const label = 'weft:db/hypervisors/h/bridges';
const refused = new Map([['a', new Problem('impossible', 'no').toJSON()]]);

function bridges(...names: readonly string[]): Bridges {
  const interfaces = names.map((name) => ({ name, alias: `${label} ${name}`, waits: false }));
  return { label, interfaces, complete: true };
}

let index = 1;
function link(name: string, rest: Partial<Link> = {}): Link {
  const plain = { alias: null, kind: 'bridge', mac: null, mtu: 1500, up: true, master: null, peer: null };
  return { ...plain, index: index++, name, ...rest };
}

const ours = (name: string, rest: Partial<Link> = {}) => link(name, { alias: `${label} ${name}`, ...rest });

function host(...links: readonly Link[]): ObservedBridges {
  return { links, refused: new Map() };
}

function words(steps: readonly BridgeStep[]): string[] {
  return steps.map((step) => `${step.name} ${step.name === 'bridges.delete' ? step.aliases.join(', ') : step.item}`);
}

/** What a step changes in the kernel. */
function take(links: readonly Link[], step: BridgeStep): Link[] {
  switch (step.name) {
    case 'bridge.create':
      return [...links, link(step.item, { alias: step.alias })];
    case 'bridge.enable':
      return links.map((each) => (each.alias === step.alias ? { ...each, up: true } : each));
    case 'bridge.rename':
      return links.map((each) => (each.alias === step.alias ? { ...each, name: step.item } : each));
    case 'bridges.delete':
      return links.filter(({ alias }) => alias === null || !step.aliases.includes(alias));
  }
}

describe('the plan', () => {
  it('creates missing bridges, sets up those that are down, restores names, deletes undesired ones', () => {
    const observed = host(ours('down', { up: false }), ours('there'), ours('lost', { name: 'other' }), ours('gone'));
    const steps = plan(bridges('new', 'down', 'there', 'lost'), observed);
    expect(words(steps)).toEqual([
      'bridge.create new',
      'bridge.enable down',
      'bridge.rename lost',
      `bridges.delete ${label} gone`,
    ]);
  });

  it('reaches the desired state from any step at which it was stopped', () => {
    const sets = [[], ['a'], ['a', 'b'], ['b', 'c']];
    for (const from of sets) {
      for (const to of sets) {
        for (const down of [false, true]) {
          const before = from.map((name) => ours(name, { up: !down }));
          const length = plan(bridges(...to), host(...before)).length;
          for (let stop = 0; stop <= length; stop += 1) {
            let links = plan(bridges(...to), host(...before))
              .slice(0, stop)
              .reduce(take, before);
            links = plan(bridges(...to), host(...links)).reduce(take, links);
            expect(links.map(({ name, up }) => [name, up]).sort()).toEqual(to.map((name) => [name, true]));
            expect(plan(bridges(...to), host(...links))).toEqual([]);
          }
        }
      }
    }
  });

  it('never changes a link without the label, whatever its name and state', () => {
    const foreign = [
      link('br0', { up: false }),
      link('br1', { kind: 'dummy' }),
      link('br2', { alias: 'weft:other/hypervisors/h/bridges br2' }),
      link('br3', { alias: 'weft:db/hypervisors/h2/bridges br3' }),
      link('br4', { alias: 'weft:db/hypervisors/h/bridges2 br4' }),
      link('br5', { alias: `${label} br5`, kind: 'dummy' }),
      link('free', { alias: 'mine' }),
    ];
    expect(plan(bridges('br0', 'br1', 'br2', 'br3', 'br4', 'br5'), host(...foreign))).toEqual([]);
    expect(plan(bridges(), host(...foreign))).toEqual([]);
  });

  it('waits until another bridge with the label no longer has the name', () => {
    const renamed = ours('b', { name: 'a' });
    expect(words(plan(bridges('a', 'b'), host(renamed)))).toEqual(['bridge.rename b']);
    expect(words(plan(bridges('a', 'b'), host(ours('b'))))).toEqual(['bridge.create a']);
    expect(words(plan(bridges('a'), host(renamed)))).toEqual([`bridges.delete ${label} b`]);
  });

  it('deletes nothing while the database may be outdated', () => {
    expect(words(plan({ ...bridges('new'), complete: false }, host(ours('gone'))))).toEqual(['bridge.create new']);
  });

  it('skips an interface that the host refused until its pause is over, and does the rest', () => {
    expect(words(plan(bridges('a', 'b'), { links: [], refused }))).toEqual(['bridge.create b']);
    const [first, ...others] = bridges('a', 'b').interfaces;
    const waiting = { ...bridges(), interfaces: [...(first ? [{ ...first, waits: true }] : []), ...others] };
    expect(words(plan(waiting, host()))).toEqual(['bridge.create b']);
  });
});

describe('the state of an interface', () => {
  const spec = bridgesSpec(label);
  const states = (observed: ObservedBridges, ...names: readonly string[]) => {
    const change = { before: bridges(...names), after: bridges(...names), total: names.length };
    return spec
      .end(change, { status: 'succeeded' }, observed)
      .map(({ interface: name, state, error }) => [name, state, error === null ? null : JSON.parse(error).detail]);
  };

  it('is ready for a bridge, of weft or the host’s own, up or not', () => {
    const observed = host(ours('a'), link('b'), link('c', { up: false, alias: 'mine' }));
    expect(states(observed, 'a', 'b', 'c')).toEqual([
      ['a', 'ready', null],
      ['b', 'ready', null],
      ['c', 'ready', null],
    ]);
  });

  it('names the object in the way', () => {
    const observed = host(
      link('a', { kind: 'dummy' }),
      link('b', { kind: null }),
      link('c', { alias: 'weft:other/x c' }),
      link('d', { kind: 'veth', alias: 'mine' }),
    );
    const text = (name: string, mark: string) =>
      `Link ${name} on the host already exists and does not belong to this subnet: ${mark}`;
    expect(states(observed, 'a', 'b', 'c', 'd')).toEqual([
      ['a', 'failed', text('a', "a dummy device without weft's label")],
      ['b', 'failed', text('b', "a physical device without weft's label")],
      ['c', 'failed', text('c', 'labelled "weft:other/x c"')],
      ['d', 'failed', text('d', "a veth device without weft's label")],
    ]);
  });

  it('is the host’s error for an interface that it refused, and nothing for one that is not created yet', () => {
    expect(states({ links: [ours('b', { up: false })], refused }, 'a', 'b', 'c')).toEqual([['a', 'failed', 'no']]);
  });

  it('is up to date if all rows of the interface contain it', () => {
    const isUpToDate = (observed: ObservedBridges, ...states: readonly Association['state'][]) => {
      const associations = states.map((state) => ({ interface: 'a', state, error: null, waits: 0 }));
      return spec.isUpToDate?.({ associations, restored: 0, busy: 0 }, observed);
    };
    expect(isUpToDate(host(ours('a')), 'ready', 'ready')).toBe(true);
    expect(isUpToDate(host(ours('a')), 'ready', 'pending')).toBe(false);
    expect(isUpToDate(host(link('a', { kind: 'dummy' })), 'ready')).toBe(false);
    expect(isUpToDate(host(), 'pending')).toBe(true);
  });
});
