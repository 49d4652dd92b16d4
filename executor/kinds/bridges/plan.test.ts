import { describe, expect, it } from 'vitest';
import type { Link } from '../../drivers/netns/driver.ts';
import type { BridgeStep, Bridges, Noted, ObservedBridges } from './desired.ts';
import { interfaceStates, isUpToDate } from './interface-states.ts';
import { plan } from './plan.ts';

const label = 'weft:db/hypervisors/h/bridges';
const pending: Noted = { state: 'pending', error: null };

function bridges(...names: readonly string[]): Bridges {
  return { label, keep: false, interfaces: names.map((name) => ({ name, noted: [pending], backingOff: false })) };
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

/** What the kernel makes of a step. */
function take(links: readonly Link[], step: BridgeStep): Link[] {
  switch (step.name) {
    case 'bridge.create':
      return [...links, link(step.item, { alias: step.alias, mac: step.mac })];
    case 'bridge.enable':
      return links.map((each) => (each.alias === step.alias ? { ...each, up: true } : each));
    case 'bridge.rename':
      return links.map((each) => (each.alias === step.alias ? { ...each, name: step.item } : each));
    case 'bridges.delete':
      return links.filter(({ alias }) => alias === null || !step.aliases.includes(alias));
  }
}

describe('the plan', () => {
  it('makes what lacks, sets up what is down, gives back a name, takes away what nobody wants', () => {
    const observed = host(ours('down', { up: false }), ours('there'), ours('lost', { name: 'other' }), ours('gone'));
    const steps = plan(bridges('new', 'down', 'there', 'lost'), observed);
    expect(words(steps)).toEqual([
      'bridge.create new',
      'bridge.enable down',
      'bridge.rename lost',
      `bridges.delete ${label} gone`,
    ]);
  });

  it('ends from wherever it was stopped', () => {
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

  it('never touches what bears no label of ours, whatever its name and state', () => {
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

  it('waits until a bridge of ours has left the name that another one is to have', () => {
    const renamed = ours('b', { name: 'a' });
    expect(words(plan(bridges('a', 'b'), host(renamed)))).toEqual(['bridge.rename b']);
    expect(words(plan(bridges('a', 'b'), host(ours('b'))))).toEqual(['bridge.create a']);
    expect(words(plan(bridges('a'), host(renamed)))).toEqual([`bridges.delete ${label} b`]);
  });

  it('takes nothing away while the database may be the wrong one', () => {
    expect(words(plan({ ...bridges('new'), keep: true }, host(ours('gone'))))).toEqual(['bridge.create new']);
  });

  it('leaves what the host refused until its pause is over, and does the rest', () => {
    const refused = new Map([['a', '{}']]);
    expect(words(plan(bridges('a', 'b'), { links: [], refused }))).toEqual(['bridge.create b']);
    const backingOff = { ...bridges('b'), interfaces: [{ name: 'a', noted: [], backingOff: true }] };
    expect(plan(backingOff, host())).toEqual([]);
  });
});

describe('the state of an interface', () => {
  const states = (observed: ObservedBridges, ...names: readonly string[]) =>
    interfaceStates(bridges(...names), observed).map(({ name, state, error }) => [
      name,
      state,
      error === null ? null : JSON.parse(error).detail,
    ]);

  it('is ready for a bridge, ours or the host’s own, up or not', () => {
    const observed = host(ours('a'), link('b'), link('c', { up: false, alias: 'mine' }));
    expect(states(observed, 'a', 'b', 'c')).toEqual([
      ['a', 'ready', null],
      ['b', 'ready', null],
      ['c', 'ready', null],
    ]);
  });

  it('names what is in the way', () => {
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

  it('is what the host said of what it refused, and nothing of what is yet to be done', () => {
    const refused = new Map([['a', '{"detail":"no"}']]);
    expect(states({ links: [ours('b', { up: false })], refused }, 'a', 'b', 'c')).toEqual([['a', 'failed', 'no']]);
  });

  it('is noted when each row of the interface says it', () => {
    const spec = (...noted: readonly Noted[]): Bridges => ({
      ...bridges(),
      interfaces: [{ name: 'a', noted, backingOff: false }],
    });
    const ready: Noted = { state: 'ready', error: null };
    expect(isUpToDate(spec(ready, ready), host(ours('a')))).toBe(true);
    expect(isUpToDate(spec(ready, pending), host(ours('a')))).toBe(false);
    expect(isUpToDate(spec(ready), host(link('a', { kind: 'dummy' })))).toBe(false);
  });
});
