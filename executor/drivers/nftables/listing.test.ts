import { describe, expect, test } from 'vitest';
import type { IsolatedNetwork, Owners } from './isolation.ts';
import { decodeListing } from './listing.ts';
import { tableScript } from './script.ts';

const LABEL = 'weft:test';
const OWNER = 'weft:test/1';
const OTHER = 'weft:test/2';

type Entry = Record<string, Record<string, unknown>>;

const inTable = { family: 'inet', table: 'weft-test' };
const iifname = { meta: { key: 'iifname' } };
const oifname = { meta: { key: 'oifname' } };
const destination = { payload: { protocol: 'ip', field: 'daddr' } };
const hook = { type: 'filter', prio: -10, policy: 'accept' };

function rule(chain: string, handle: number, left: unknown, set: string, verdict: string): Entry {
  const expr = [{ match: { op: '==', left, right: `@${set}` } }, { [verdict]: null }];
  return { rule: { ...inTable, chain, handle, comment: LABEL, expr } };
}

const owned = (val: unknown, comment: string) => ({ elem: { val, comment } });

/** As nft 1.0.6 prints it. */
function listed(): Entry[] {
  const pair = (first: string, second: string, owner: string) => owned({ concat: [first, second] }, owner);
  return [
    { metainfo: { version: '1.0.6', release_name: 'Lester Gooch #5', json_schema_version: 1 } },
    { table: { family: 'inet', name: 'weft-test', handle: 1 } },
    {
      set: { ...inTable, name: 'bridges', type: 'ifname', handle: 3, elem: [owned('br1', OTHER), owned('br0', OWNER)] },
    },
    {
      set: {
        ...{ ...inTable, name: 'same', type: ['ifname', 'ifname'], handle: 4 },
        elem: [pair('br1', 'br1', OTHER), pair('br0', 'br0', OWNER)],
      },
    },
    { set: { ...inTable, name: 'gateways', type: ['ifname', 'ipv4_addr'], elem: [pair('br0', '10.1.0.1', OWNER)] } },
    { chain: { ...inTable, ...hook, name: 'forward', handle: 1, hook: 'forward' } },
    { chain: { ...inTable, ...hook, name: 'input', handle: 2, hook: 'input' } },
    rule('forward', 6, { concat: [iifname, oifname] }, 'same', 'accept'),
    rule('forward', 7, iifname, 'bridges', 'drop'),
    rule('forward', 8, oifname, 'bridges', 'drop'),
    rule('input', 9, { concat: [iifname, destination] }, 'gateways', 'accept'),
    rule('input', 10, iifname, 'bridges', 'drop'),
  ];
}

const decode = (entries: readonly Entry[]) => decodeListing(JSON.stringify({ nftables: entries }), LABEL);
const owners: Owners = new Map<string, IsolatedNetwork>([
  [OWNER, { bridges: ['br0'], gateway: { bridge: 'br0', address: '10.1.0.1' }, forwarding: 'off' }],
  [OTHER, { bridges: ['br1'], gateway: null, forwarding: 'off' }],
]);

/** The listing with another value at a place, undefined for none. */
function changed(place: number, property: string, value: unknown): Entry[] {
  const entries = listed();
  for (const object of Object.values(entries[place] ?? {})) object[property] = value;
  return entries;
}

describe('a listing', () => {
  test('of the table as it was written', () => {
    expect(decode(listed())).toEqual({ owners, intact: true });
  });

  test('in the handles of which nothing is said', () => {
    expect(decode(changed(9, 'handle', 99))).toEqual({ owners, intact: true });
  });

  test('with an element that has more than a value', () => {
    const extended = changed(2, 'elem', [owned('br0', OWNER), { elem: { val: 'br1', comment: OTHER, timeout: 9 } }]);
    expect(decode(extended).intact).toBe(false);
    expect([...decode(extended).owners.keys()]).toEqual([OWNER]);
  });

  test.each<[string, Entry[]]>([
    ['a flag', changed(1, 'flags', ['dormant'])],
    ['another type of a set', changed(4, 'type', ['ifname', 'ipv6_addr'])],
    [
      'a pair of different bridges',
      changed(3, 'elem', [owned({ concat: ['br0', 'br1'] }, OWNER), owned({ concat: ['br1', 'br1'] }, OTHER)]),
    ],
    ['a gateway on no bridge', changed(4, 'elem', [owned({ concat: ['br9', '10.1.0.1'] }, OWNER)])],
    ['an element without an owner', changed(2, 'elem', [owned('br0', OWNER), owned('br1', OTHER), 'br2'])],
    ['another policy', changed(5, 'policy', 'drop')],
    ['another priority', changed(6, 'prio', 10)],
    ['a rule of another label', changed(8, 'comment', 'weft:other')],
    ['another verdict', changed(8, 'expr', [{ accept: null }])],
    ['rules in another order', listed().toSpliced(7, 2, ...listed().slice(7, 9).reverse())],
    ['a rule less', listed().slice(0, -1)],
    ['a rule more', [...listed(), rule('input', 11, iifname, 'bridges', 'accept')]],
    ['another object', [...listed(), { map: { ...inTable, name: 'more' } }]],
    ['a chain less', listed().toSpliced(5, 1)],
    ['nothing', listed().slice(0, 2)],
  ])('with %s is not intact', (_, entries) => {
    expect(decode(entries).intact).toBe(false);
  });

  test('that is no JSON', () => {
    expect(() => decodeListing('table inet', LABEL)).toThrow(SyntaxError);
  });
});

/** The listing of the script that the driver writes, with the sets and rules that only networks which forward need. */
function listedForwarding(): Entry[] {
  const match = (left: unknown, right: unknown, op = '==') => ({ match: { op, left, right } });
  const ipv4 = match({ meta: { key: 'nfproto' } }, 'ipv4');
  const strange = match({ fib: { result: 'oif', flags: ['saddr', 'iif'] } }, false);
  const answers = match({ ct: { key: 'state' } }, ['established', 'related'], 'in');
  const [accept, drop, masquerade] = [{ accept: null }, { drop: null }, { masquerade: null }];
  const more = (chain: string, handle: number, ...expr: unknown[]): Entry => ({
    rule: { ...inTable, chain, handle, comment: LABEL, expr },
  });
  const [fromOn, toOn] = [match(iifname, '@routed'), match(oifname, '@routed')];
  const [fromNat, toNat] = [match(iifname, '@translated'), match(oifname, '@translated')];
  const [fromOutside, toOutside] = [match(iifname, '@bridges', '!='), match(oifname, '@bridges', '!=')];
  return [
    ...listed().slice(0, 5),
    { set: { ...inTable, name: 'routed', type: 'ifname', elem: [owned('br0', OWNER)] } },
    { set: { ...inTable, name: 'translated', type: 'ifname', elem: [owned('br1', OTHER)] } },
    ...listed().slice(5, 7),
    { chain: { ...inTable, name: 'postrouting', type: 'nat', hook: 'postrouting', prio: 100, policy: 'accept' } },
    ...listed().slice(7, 8),
    more('forward', 20, fromOn, strange, drop),
    more('forward', 21, fromOn, toOn, ipv4, accept),
    more('forward', 22, fromOn, toOutside, ipv4, accept),
    more('forward', 23, fromOutside, toOn, ipv4, accept),
    more('forward', 24, fromNat, strange, drop),
    more('forward', 25, fromNat, toOutside, ipv4, accept),
    more('forward', 26, fromOutside, toNat, ipv4, answers, accept),
    ...listed().slice(8),
    more('postrouting', 27, fromNat, toOutside, ipv4, masquerade),
  ];
}

const forwarding: Owners = new Map<string, IsolatedNetwork>([
  [OWNER, { bridges: ['br0'], gateway: { bridge: 'br0', address: '10.1.0.1' }, forwarding: 'on' }],
  [OTHER, { bridges: ['br1'], gateway: null, forwarding: 'nat' }],
]);

describe('a listing of networks that forward', () => {
  const withElements = (place: number, elements: readonly unknown[]): Entry[] => {
    const entries = listedForwarding();
    for (const object of Object.values(entries[place] ?? {})) object.elem = elements;
    return entries;
  };

  test('as it was written', () => {
    expect(decode(listedForwarding())).toEqual({ owners: forwarding, intact: true });
  });

  test.each<[string, Entry[]]>([
    ['a bridge of no network', withElements(5, [owned('br0', OWNER), owned('br9', OWNER)])],
    ['a bridge of another owner', withElements(5, [owned('br0', OWNER), owned('br1', OWNER)])],
    ['a network in both sets', withElements(6, [owned('br1', OTHER), owned('br0', OWNER)])],
    ['a set without elements', withElements(6, [])],
    ['a rule less', listedForwarding().toSpliced(11, 1)],
    ['the rules alone', listedForwarding().toSpliced(5, 2)],
  ])('with %s is not intact', (_, entries) => {
    expect(decode(entries).intact).toBe(false);
  });
});

describe('a script', () => {
  test('has what forwards in sets of its own', () => {
    const lines = tableScript('weft-test', LABEL, forwarding).split('\n');
    expect(lines).toContain('  set routed { type ifname; elements = { "br0" comment "weft:test/1" }; }');
    expect(lines).toContain('  set translated { type ifname; elements = { "br1" comment "weft:test/2" }; }');
    expect(lines).toContain('    type nat hook postrouting priority 100; policy accept;');
  });

  test('has neither connection tracking nor translation unless a network needs them', () => {
    const on = new Map([...forwarding].filter(([, each]) => each.forwarding === 'on'));
    expect(tableScript('weft-test', LABEL, on)).not.toMatch(/ct state|masquerade|translated|nat/);
  });

  test('replaces the table', () => {
    expect(tableScript('weft-test', LABEL, owners).split('\n')).toEqual([
      'add table inet weft-test',
      'delete table inet weft-test',
      'table inet weft-test {',
      '  comment "weft:test"',
      '  set bridges { type ifname; elements = { "br0" comment "weft:test/1", "br1" comment "weft:test/2" }; }',
      '  set same { type ifname . ifname; elements = { "br0" . "br0" comment "weft:test/1", "br1" . "br1" comment "weft:test/2" }; }',
      '  set gateways { type ifname . ipv4_addr; elements = { "br0" . 10.1.0.1 comment "weft:test/1" }; }',
      '  chain forward {',
      '    type filter hook forward priority -10; policy accept;',
      '    iifname . oifname @same accept comment "weft:test"',
      '    iifname @bridges drop comment "weft:test"',
      '    oifname @bridges drop comment "weft:test"',
      '  }',
      '  chain input {',
      '    type filter hook input priority -10; policy accept;',
      '    iifname . ip daddr @gateways accept comment "weft:test"',
      '    iifname @bridges drop comment "weft:test"',
      '  }',
      '}',
      '',
    ]);
  });

  test('removes it when there is nothing to isolate', () => {
    expect(tableScript('weft-test', LABEL, new Map())).toBe('add table inet weft-test\ndelete table inet weft-test\n');
  });
});
