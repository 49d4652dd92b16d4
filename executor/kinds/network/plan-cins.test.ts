import { describe, expect, it } from 'vitest';
import type { CinForwarding } from '../../../schema/api/fleet/hypervisors.ts';
import { hardwareAddress } from '../../../schema/names.ts';
import type { AddressRow, CinCenRow } from '../../../schema/resources/network/cin-rows.ts';
import type { NetworkRows } from '../../../schema/resources/network/rows.ts';
import { converge, picture } from '../../../test/doubles/converging.ts';
import { isolationInMemory } from '../../../test/doubles/isolation.ts';
import { SimulatedHost } from '../../../test/doubles/simulated-host.ts';
import { networkComparison } from './comparison.ts';
import type { Network } from './desired.ts';
import { plan } from './plan.ts';
import { wantedOf } from './wanted.ts';

/** 10.10.0.0 */
const FIRST = 168_427_520;

interface Situation {
  /** Containers by CEN; a CEN that is not listed is not made. */
  readonly cens: Readonly<Record<string, readonly string[]>>;
  /** The CENs of the CIN, in order. */
  readonly cin: readonly string[];
  readonly made: boolean;
  /** By default off. */
  readonly forwarding?: CinForwarding;
}

const containers = ['a', 'b', 'c', 'd'];
const cens = ['n0', 'n1', 'n2'];

/** All that is desired in a situation, as one network. */
function networkOf({ cens: members, cin, made, forwarding = 'off' }: Situation): Network {
  const isMade = (cen: string) => (members[cen] === undefined ? 0 : 1);
  const cinCens = cin.map(
    (cen): CinCenRow => ({
      ...{ id: cens.indexOf(cen), cin: 'x', cen, first: FIRST, prefix: 16, link_name: cen },
      ...{ cin_made: made ? 1 : 0, cen_made: isMade(cen) },
    }),
  );
  const addresses = (container: string) =>
    cin
      .filter((cen) => members[cen]?.includes(container))
      .map(
        (cen): AddressRow => ({
          ...{ container, cin: 'x', cen, first: FIRST, prefix: 16, offset: 10 + containers.indexOf(container) },
          ...{ ordinal: cens.indexOf(cen), cin_made: made ? 1 : 0, cen_made: isMade(cen) },
          ...{ cin_name: 'x', default_route: null },
        }),
      );
  const none: NetworkRows = { cens: [], members: [], containers: [], cins: [], cinCens: [], addresses: [] };
  const rows: NetworkRows[] = [
    ...containers.map((name) => ({
      ...none,
      containers: [{ id: name, name, generation: 1, desired: 'present' as const, namespace: 1, process: null }],
      addresses: addresses(name),
    })),
    ...cens.map((name) => ({
      ...none,
      cens: [{ id: name, name, generation: 1, link_name: name, wanted: isMade(name) }],
      members: (members[name] ?? []).map((container) => {
        const ordinal = cens.indexOf(name);
        return { container, ordinal, outside: `${container}.${ordinal}o` };
      }),
      cinCens: cinCens.some(({ cen }) => cen === name) ? cinCens : [],
    })),
    { ...none, cins: [{ id: 'x', name: 'x', generation: 1, wanted: made ? 1 : 0, forwarding }], cinCens },
  ];
  const each = rows.map((row) => wantedOf('db', row));
  return {
    namespaces: each.flatMap(({ namespaces }) => namespaces),
    segments: each.flatMap(({ segments }) => segments),
    isolations: each.flatMap(({ isolations }) => isolations),
    processes: [],
  };
}

const nothing: Situation = { cens: {}, cin: [], made: false };
const declared: Situation = { cens: { n0: ['a', 'b'] }, cin: ['n0'], made: false };
const alone: Situation = { cens: { n0: ['a'] }, cin: ['n0'], made: true };
const empty: Situation = { cens: { n0: [] }, cin: ['n0'], made: true };
const one: Situation = { cens: { n0: ['a', 'b'] }, cin: ['n0'], made: true };
const star: Situation = { cens: { n0: ['a', 'b'], n1: ['b', 'c'], n2: ['d'] }, cin: ['n0', 'n1', 'n2'], made: true };
const otherStar: Situation = { ...star, cin: ['n1', 'n0'] };
const withoutFirst: Situation = { ...star, cens: { n1: ['b', 'c'], n2: ['d'] } };
const routed: Situation = { ...star, forwarding: 'on' };
const everything = { nothing, declared, alone, empty, one, star, otherStar, withoutFirst, routed };

function madeHost(situation: Situation): SimulatedHost {
  const host = new SimulatedHost();
  converge(host, networkOf(situation));
  return host;
}

/** The addresses on the host, by place and link. */
function addressesOn(host: SimulatedHost): Record<string, string[]> {
  return Object.fromEntries(
    host.links
      .filter(({ addresses }) => addresses.length > 0)
      .map(({ namespace, name, addresses }) => [
        `${namespace ?? ''}/${name}`,
        addresses.map(({ address, prefix }) => `${address}/${prefix}`),
      ]),
  );
}

describe('a CIN', () => {
  it('has its gateway on the bridge of its first CEN, which is a bridge with two containers, too', () => {
    expect(addressesOn(madeHost(one))).toEqual({
      '/n0': ['10.10.0.1/16'],
      'a/n0': ['10.10.0.10/16'],
      'b/n0': ['10.10.0.11/16'],
    });
  });

  it('has one hardware address for its gateway, which moves with it and which no other bridge has', () => {
    const mac = hardwareAddress('weft:db/x gateway');
    const holders = (host: SimulatedHost) => host.links.filter((link) => link.mac === mac).map(({ name }) => name);
    const host = madeHost(star);
    expect(holders(host)).toEqual(['n0']);
    for (const [situation, holder] of [
      [otherStar, ['n1']],
      [star, ['n0']],
      [withoutFirst, ['n1']],
      [star, ['n0']],
      [{ ...star, made: false }, []],
      [star, ['n0']],
    ] as const) {
      const before = host.copy();
      const taken = converge(host, networkOf(situation));
      expect(holders(host)).toEqual(holder);
      for (let steps = 0; steps < taken.length; steps += 1) {
        const stopped = before.copy();
        converge(stopped, networkOf(situation), steps);
        expect(holders(stopped).length).toBeLessThan(2);
      }
    }
  });

  it('restores the hardware address of its gateway, and announces the gateway again', () => {
    const host = madeHost(one);
    const before = picture(host);
    for (const link of host.links) if (link.name === 'n0' && link.namespace === null) link.mac = '02:00:00:00:00:01';
    const add = { alias: 'weft:db/n0 n0', add: { address: '10.10.0.1', prefix: 16 } };
    expect(plan(networkOf(one), host.observe())).toMatchObject([{ name: 'addresses.change', changes: [{}, add] }]);
    converge(host, networkOf(one));
    expect(picture(host)).toEqual(before);
  });

  it('has a gateway on a bridge without containers', () => {
    expect(addressesOn(madeHost(empty))).toEqual({ '/n0': ['10.10.0.1/16'] });
  });

  it('gives a container in two of its CENs one address, and joins the bridges in a star', () => {
    const host = madeHost(star);
    expect(addressesOn(host)).toEqual({
      '/n0': ['10.10.0.1/16'],
      'a/n0': ['10.10.0.10/16'],
      'b/n0': ['10.10.0.11/16'],
      'c/n1': ['10.10.0.12/16'],
      'd/n2': ['10.10.0.13/16'],
    });
    const indexOf = (name: string) => host.links.find((link) => link.name === name)?.index;
    const masters = ['_cin1a', '_cin1b', '_cin2a', '_cin2b'].map(
      (name) => host.links.find((link) => link.name === name)?.master,
    );
    expect(masters).toEqual([indexOf('n1'), indexOf('n0'), indexOf('n2'), indexOf('n0')]);
  });

  it('has a default route via the gateway in each container', () => {
    const routes = [...madeHost(one).namespaces].map(([name, { defaultRoute }]) => [name, defaultRoute?.via]);
    expect(routes).toEqual([
      ['a', '10.10.0.1'],
      ['b', '10.10.0.1'],
      ['c', undefined],
      ['d', undefined],
    ]);
  });

  it('is isolated with all its bridges', () => {
    expect([...madeHost(star).isolations]).toEqual([
      [
        'weft:db/x',
        { bridges: ['n0', 'n1', 'n2'], gateway: { bridge: 'n0', address: '10.10.0.1' }, forwarding: 'off' },
      ],
    ]);
  });

  it('differs from what is wanted in its rule alone if only the forwarding has changed', () => {
    const host = madeHost(star);
    for (const forwarding of ['on', 'nat', 'off'] as const) {
      expect(plan(networkOf({ ...star, forwarding }), host.observe())).toEqual([
        expect.objectContaining({ name: 'isolation.change', isolation: expect.objectContaining({ forwarding }) }),
      ]);
      converge(host, networkOf({ ...star, forwarding }));
      expect(plan(networkOf({ ...star, forwarding }), host.observe())).toEqual([]);
    }
  });

  const names = Object.keys(everything) as (keyof typeof everything)[];
  const pairs = names.flatMap((from) => names.map((to) => [from, to] as const));
  it.each(pairs)('from %s to %s ends the same, stopped at any step', (from, to) => {
    const expected = picture(madeHost(everything[to]));
    const host = madeHost(everything[from]);
    const taken = converge(host.copy(), networkOf(everything[to]));
    for (let steps = 0; steps <= taken.length; steps += 1) {
      const stopped = host.copy();
      converge(stopped, networkOf(everything[to]), steps);
      converge(stopped, networkOf(everything[to]));
      expect(picture(stopped)).toEqual(expected);
    }
  });

  it('does not take a block that the host uses, and says what uses it', () => {
    const host = new SimulatedHost();
    host.addLink({ name: 'eth7', addresses: [{ address: '10.10.3.4', prefix: 24 }] });
    expect(() => plan(networkOf(one), host.observe())).toThrow(
      expect.objectContaining({ code: 'impossible', message: expect.stringContaining('the address 10.10.3.4/24') }),
    );
  });

  it('is joined to no foreign bridge that has the name of its first one', () => {
    const host = new SimulatedHost();
    converge(host, networkOf({ ...star, cens: { n1: ['b', 'c'] } }));
    host.addLink({ name: 'n0', kind: 'bridge' });
    expect(() => converge(host, networkOf(star))).toThrow(expect.objectContaining({ code: 'conflict' }));
  });

  it('is made by steps that remove nothing, and removed by steps that wait during a removal hold', () => {
    const { removes } = networkComparison({ driver: { view: () => Promise.reject() }, isolation: isolationInMemory() });
    const bridged: Situation = { ...one, cens: { n0: ['a', 'b', 'c'] } };
    const unmade = { ...bridged, made: false };
    const stepsBetween = (from: Situation, to: Situation) => plan(networkOf(to), madeHost(from).observe());
    expect(stepsBetween(unmade, bridged).filter(removes)).toEqual([]);
    const removing = stepsBetween(bridged, unmade);
    expect(removing.map(({ name }) => name)).toEqual([...Array(4).fill('addresses.change'), 'isolation.change']);
    expect(removing.filter(removes)).toEqual(removing);
  });

  it('restores an address, a route and a gateway that somebody removed, and removes none that it did not make', () => {
    const host = madeHost(one);
    const before = picture(host);
    for (const link of host.links) link.addresses = [];
    for (const namespace of host.namespaces.values()) namespace.defaultRoute = null;
    converge(host, networkOf(one));
    expect(picture(host)).toEqual(before);
    const own = host.links.find(({ namespace, name }) => namespace === 'a' && name === 'n0');
    own?.addresses.push({ address: '192.0.2.1', prefix: 24 });
    expect(plan(networkOf(one), host.observe())).toEqual([]);
  });

  it('replaces or removes its own default route via whatever gateway', () => {
    const change = (host: SimulatedHost) => {
      for (const { defaultRoute } of host.namespaces.values()) if (defaultRoute) defaultRoute.via = '10.10.0.99';
      return host;
    };
    const isReplaced = ({ namespaces }: SimulatedHost) =>
      [...namespaces.values()].every(({ defaultRoute }) => defaultRoute?.via !== '10.10.0.99');
    for (const wanted of [one, { ...one, made: false }]) {
      const host = change(madeHost(one));
      expect(isReplaced(host)).toBe(false);
      converge(host, networkOf(wanted));
      expect(isReplaced(host)).toBe(true);
    }
  });
});
