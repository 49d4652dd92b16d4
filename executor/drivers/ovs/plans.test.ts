import { describe, expect, it } from 'vitest';
import { planCreateBridge, planDeleteBridge } from './bridges.ts';
import { Cache } from './cache.ts';
import { NOTHING, planAttach, planDetach, planTag, replacedOf, retryUnmade } from './ports.ts';

/* The operations of each verb, in the JSON of RFC 7047, section 5.2. */

const id = (number: number) => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
const uuid = (number: number) => ['uuid', id(number)];
const labels = (label: string) => ['map', [['weft', label]]];
const is = (number: number) => ['_uuid', '==', uuid(number)];

/** Bridge b0 (1) with its local port (2, 3), p1 of ours (4, 5) and p2 of others (6, 7); bridge b1 (8) with none. */
function cacheOf(interfaces: object = {}): Cache {
  const row = { external_ids: ['map', []], other_config: ['map', []] };
  const port = (name: string, of: number, label?: string) => ({
    new: { name, interfaces: uuid(of), tag: 7, external_ids: label === undefined ? ['map', []] : labels(label) },
  });
  const device = (name: string, type = '', ids: readonly (readonly string[])[] = []) => ({
    new: { name, type, ofport: 1, error: ['set', []], ifindex: 4, external_ids: ['map', ids], ...interfaces },
  });
  const cache = new Cache();
  cache.apply({
    Open_vSwitch: { [id(0)]: { new: { next_cfg: 1, cur_cfg: 1, datapath_types: ['set', ['netdev', 'system']] } } },
    Bridge: {
      [id(1)]: {
        new: {
          ...{ ...row, name: 'b0', datapath_type: 'netdev', external_ids: labels('l0') },
          ports: ['set', [uuid(2), uuid(4), uuid(6)]],
        },
      },
      [id(8)]: { new: { ...row, name: 'b1', datapath_type: '', ports: ['set', []], external_ids: labels('l8') } },
    },
    Port: { [id(2)]: port('b0', 3), [id(4)]: port('p1', 5, 'l1'), [id(6)]: port('p2', 7) },
    Interface: {
      [id(3)]: device('b0', 'internal'),
      [id(5)]: device('p1'),
      [id(7)]: device('p2', '', [['vm-id', 'vm2']]),
      [id(9)]: device('bonded'),
    },
  });
  return cache;
}

const guard = (table: string, where: readonly unknown[], name: string) => ({
  ...{ op: 'wait', timeout: 0, table, where, columns: ['name'], until: '==', rows: [{ name }] },
});
const portGuard = guard('Port', [is(4), ['external_ids', 'includes', labels('l1')]], 'p1');

describe('attach', () => {
  it('inserts ports, and adds them to the ports of their bridges, which others change too', () => {
    const requests = [
      { bridge: 'b0', port: 'n1', label: 'x1', tag: 5 },
      { bridge: 'b0', port: 'n2', label: 'x2', type: 'internal' },
      { bridge: 'b1', port: 'n3', label: 'x3', tag: null, type: 'system' },
    ];
    expect(planAttach(cacheOf(), requests, 'attach')).toEqual([
      { op: 'insert', table: 'Interface', 'uuid-name': 'interface0', row: { name: 'n1', type: '' } },
      {
        ...{ op: 'insert', table: 'Port', 'uuid-name': 'port0' },
        row: { name: 'n1', interfaces: ['named-uuid', 'interface0'], tag: 5, external_ids: labels('x1') },
      },
      { op: 'insert', table: 'Interface', 'uuid-name': 'interface1', row: { name: 'n2', type: 'internal' } },
      {
        ...{ op: 'insert', table: 'Port', 'uuid-name': 'port1' },
        row: { name: 'n2', interfaces: ['named-uuid', 'interface1'], tag: ['set', []], external_ids: labels('x2') },
      },
      { op: 'insert', table: 'Interface', 'uuid-name': 'interface2', row: { name: 'n3', type: '' } },
      {
        ...{ op: 'insert', table: 'Port', 'uuid-name': 'port2' },
        row: { name: 'n3', interfaces: ['named-uuid', 'interface2'], tag: ['set', []], external_ids: labels('x3') },
      },
      guard('Bridge', [is(1)], 'b0'),
      {
        ...{ op: 'mutate', table: 'Bridge', where: [is(1)] },
        mutations: [
          [
            'ports',
            'insert',
            [
              'set',
              [
                ['named-uuid', 'port0'],
                ['named-uuid', 'port1'],
              ],
            ],
          ],
        ],
      },
      guard('Bridge', [is(8)], 'b1'),
      {
        ...{ op: 'mutate', table: 'Bridge', where: [is(8)] },
        mutations: [['ports', 'insert', ['set', [['named-uuid', 'port2']]]]],
      },
    ]);
  });

  it('does nothing for a port that is as requested, and changes a tag', () => {
    const request = { bridge: 'b0', port: 'p1', label: 'l1', tag: 7 };
    expect(planAttach(cacheOf(), [request], 'attach')).toEqual([]);
    expect(planAttach(cacheOf(), [{ ...request, tag: 8 }], 'attach')).toEqual([
      portGuard,
      { op: 'update', table: 'Port', where: [is(4)], row: { tag: 8 } },
    ]);
  });

  it('replaces a port of ours on another bridge', () => {
    const operations = planAttach(cacheOf(), [{ bridge: 'b1', port: 'p1', label: 'l1', tag: 7 }], 'attach');
    expect(operations).toHaveLength(7);
    expect(operations.slice(0, 1)).toEqual([portGuard]);
    expect(operations.slice(3)).toEqual([
      guard('Bridge', [is(1)], 'b0'),
      { op: 'mutate', table: 'Bridge', where: [is(1)], mutations: [['ports', 'delete', ['set', [uuid(4)]]]] },
      guard('Bridge', [is(8)], 'b1'),
      {
        ...{ op: 'mutate', table: 'Bridge', where: [is(8)] },
        mutations: [['ports', 'insert', ['set', [['named-uuid', 'port0']]]]],
      },
    ]);
  });

  it.each([
    ['p2', 'port p2 of bridge b0 is somebody else'],
    ['b0', 'port b0 of bridge b0 is somebody else'],
    ['bonded', 'bonded is part of a bond'],
  ])('refuses %s of others', (port, words) => {
    expect(() => planAttach(cacheOf(), [{ bridge: 'b0', port, label: 'l1' }], 'attach')).toThrow(words);
  });

  it('is tried again for what is not made, and only for that', () => {
    expect(retryUnmade(cacheOf(), [], ['p1'])).toEqual([]);
    for (const unmade of [{ ofport: -1 }, { ofport: ['set', []] }, { error: 'no' }]) {
      expect(retryUnmade(cacheOf(unmade), [], ['p1'])).toEqual([NOTHING]);
    }
  });

  it('makes a port anew if its device is gone and was made', () => {
    const requests = [{ bridge: 'b0', port: 'p1', label: 'l1' }];
    expect(replacedOf(cacheOf({ ifindex: 0 }), requests)).toEqual(requests);
    expect(replacedOf(cacheOf(), requests)).toEqual([]);
    expect(replacedOf(cacheOf({ ifindex: 0, ofport: -1 }), requests)).toEqual([]);
    expect(replacedOf(cacheOf({ ifindex: 0 }), [{ bridge: 'b0', port: 'p2', label: 'l1' }])).toEqual([]);
  });
});

describe('detach', () => {
  it('removes ports from their bridges, proven by label or by domain, and none that is not there', () => {
    const requests = [
      { port: 'p1', label: 'l1' },
      { port: 'absent', label: 'l1' },
      { port: 'p2', vmId: 'vm2' },
    ];
    expect(planDetach(cacheOf(), requests, 'detach')).toEqual([
      portGuard,
      guard('Interface', [is(7), ['external_ids', 'includes', ['map', [['vm-id', 'vm2']]]]], 'p2'),
      guard('Bridge', [is(1)], 'b0'),
      { op: 'mutate', table: 'Bridge', where: [is(1)], mutations: [['ports', 'delete', ['set', [uuid(4), uuid(6)]]]] },
    ]);
    expect(planDetach(cacheOf(), requests.slice(1, 2), 'detach')).toEqual([]);
  });

  it('refuses another domain', () => {
    expect(() => planDetach(cacheOf(), [{ port: 'p2', vmId: 'vm3' }], 'detach')).toThrow("is somebody else's");
  });
});

it('a tag is updated if it is another', () => {
  const request = { port: 'p2', vmId: 'vm2', tag: null };
  expect(planTag(cacheOf(), request, 'tag').at(-1)).toEqual({
    ...{ op: 'update', table: 'Port', where: [is(6)], row: { tag: ['set', []] } },
  });
  expect(planTag(cacheOf(), { ...request, tag: 7 }, 'tag')).toEqual([]);
});

describe('a bridge', () => {
  const request = { name: 'b2', label: 'l2', mac: '02:00:00:00:00:01' };

  it('is inserted with its local port, on the datapath that the host has', () => {
    const operations = planCreateBridge(cacheOf(), request, 'absent', 'create');
    expect(operations).toEqual([
      { op: 'insert', table: 'Interface', 'uuid-name': 'interface', row: { name: 'b2', type: 'internal' } },
      {
        ...{ op: 'insert', table: 'Port', 'uuid-name': 'port' },
        row: { name: 'b2', interfaces: ['named-uuid', 'interface'] },
      },
      {
        ...{ op: 'insert', table: 'Bridge', 'uuid-name': 'bridge' },
        row: {
          ...{ name: 'b2', ports: ['named-uuid', 'port'], datapath_type: 'netdev', external_ids: labels('l2') },
          other_config: ['map', [['hwaddr', '02:00:00:00:00:01']]],
        },
      },
      {
        ...{ op: 'mutate', table: 'Open_vSwitch', where: [is(0)] },
        mutations: [['bridges', 'insert', ['set', [['named-uuid', 'bridge']]]]],
      },
    ]);
    const inserted = planCreateBridge(cacheOf(), request, 'installed', 'create')[2];
    expect(inserted).toMatchObject({ row: { datapath_type: 'system' } });
  });

  it('that exists is changed where it differs', () => {
    const existing = { name: 'b0', label: 'l0' };
    expect(planCreateBridge(cacheOf(), existing, 'absent', 'create')).toEqual([]);
    expect(planCreateBridge(cacheOf(), { ...existing, datapath: 'system', mac: request.mac }, 'absent', '')).toEqual([
      guard('Bridge', [is(1), ['external_ids', 'includes', labels('l0')]], 'b0'),
      { op: 'update', table: 'Bridge', where: [is(1)], row: { datapath_type: 'system' } },
      {
        ...{ op: 'mutate', table: 'Bridge', where: [is(1)] },
        mutations: [
          ['other_config', 'delete', ['set', ['hwaddr']]],
          ['other_config', 'insert', ['map', [['hwaddr', '02:00:00:00:00:01']]]],
        ],
      },
    ]);
  });

  it('without other ports is deleted, if it still has none', () => {
    expect(planDeleteBridge(cacheOf(), { name: 'b1', label: 'l8' }, 'delete')).toEqual([
      guard('Bridge', [is(8), ['external_ids', 'includes', labels('l8')]], 'b1'),
      {
        ...{ op: 'wait', timeout: 0, table: 'Bridge', where: [is(8)], columns: ['ports'], until: '==' },
        rows: [{ ports: ['set', []] }],
      },
      {
        ...{ op: 'mutate', table: 'Open_vSwitch', where: [is(0)] },
        mutations: [['bridges', 'delete', ['set', [uuid(8)]]]],
      },
    ]);
    expect(planDeleteBridge(cacheOf(), request, 'delete')).toEqual([]);
  });

  it.each([
    ['b0', 'l0', 'it has ports: p1, p2'],
    ['b0', 'other', "bridge b0 is somebody else's"],
  ])('%s with label %s is refused', (name, label, words) => {
    expect(() => planDeleteBridge(cacheOf(), { name, label }, 'delete')).toThrow(words);
  });

  it.each(['p1', 'bonded'])('does not take the name %s of a port', (name) => {
    expect(() => planCreateBridge(cacheOf(), { name, label: 'l' }, 'absent', 'create')).toThrow(`${name} is a port`);
  });
});
