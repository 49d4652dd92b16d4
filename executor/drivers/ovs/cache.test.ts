import { describe, expect, it } from 'vitest';
import { Cache, MONITORED } from './cache.ts';
import { isReplaced, viewOf } from './view.ts';

const id = (number: number) => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
const uuid = (number: number) => ['uuid', id(number)];
const labels = (label: string) => ['map', [['weft', label]]];

const BRIDGE = {
  name: 'b0',
  ports: uuid(2),
  datapath_type: 'netdev',
  external_ids: labels('l0'),
  other_config: ['map', []],
};
const PORT = { name: 'p1', interfaces: uuid(3), tag: 7, external_ids: labels('l1') };
const INTERFACE = {
  ...{ name: 'p1', type: '', ofport: 1, error: ['set', []], ifindex: 4, link_state: 'up', external_ids: ['map', []] },
};
const ROOT = { next_cfg: 2, cur_cfg: 1, ovs_version: ['set', []], datapath_types: ['set', ['netdev', 'system']] };

/** As the first answer to `monitor` fills it. */
function filled(): Cache {
  const cache = new Cache();
  cache.apply({
    Open_vSwitch: { [id(0)]: { new: ROOT } },
    Bridge: { [id(1)]: { new: BRIDGE } },
    Port: { [id(2)]: { new: PORT } },
    Interface: { [id(3)]: { new: INTERFACE } },
  });
  return cache;
}

const interfaceOf = (cache: Cache) => cache.interfaces.get(id(3));

describe('a cache', () => {
  it('has what the first answer says', () => {
    const cache = filled();
    expect(cache.root).toEqual({
      ...{ id: id(0) },
      row: { nextConfiguration: 2, currentConfiguration: 1, version: null, datapathTypes: ['netdev', 'system'] },
    });
    expect(viewOf(cache)).toEqual({
      bridges: [
        {
          ...{ name: 'b0', label: 'l0', datapath: 'netdev', externalIds: { weft: 'l0' } },
          ports: [
            {
              ...{ name: 'p1', label: 'l1', tag: 7, externalIds: { weft: 'l1' } },
              interfaces: [
                {
                  ...{ name: 'p1', type: '', ofport: 1, error: null, ifindex: 4, replaced: false },
                  ...{ linkState: 'up', externalIds: {} },
                },
              ],
            },
          ],
        },
      ],
    });
  });

  it('applies updates and deletions, and tells names and labels, old and new', () => {
    const cache = filled();
    const renamed = { new: { ...PORT, tag: ['set', []], external_ids: labels('l2') }, old: { tag: 7 } };
    expect(cache.apply({ Port: { [id(2)]: renamed } })).toEqual({
      ...{ bridges: [], ports: ['p1'], labels: ['l1', 'l2'], everything: false },
    });
    expect(cache.ports.get(id(2))).toMatchObject({ tag: null, externalIds: { weft: 'l2' } });
    const gone = { Bridge: { [id(1)]: { old: BRIDGE } }, Port: { [id(2)]: { old: PORT } } };
    expect(cache.apply(gone)).toEqual({ bridges: ['b0'], ports: ['p1'], labels: ['l0', 'l2'], everything: false });
    expect(viewOf(cache)).toEqual({ bridges: [] });
  });

  it('tells nothing of a configuration that was applied', () => {
    const cache = filled();
    const change = cache.apply({ Open_vSwitch: { [id(0)]: { new: { ...ROOT, cur_cfg: 2 }, old: { cur_cfg: 1 } } } });
    expect(change).toEqual({ bridges: [], ports: [], labels: [], everything: false });
    expect(cache.root?.row.currentConfiguration).toBe(2);
  });

  it('shows a port whose interface is not known yet without one', () => {
    const cache = filled();
    cache.apply({ Interface: { [id(3)]: { old: INTERFACE } } });
    expect(viewOf(cache).bridges[0]?.ports[0]?.interfaces).toEqual([]);
  });

  it.each([null, 5, { Port: null }, { Port: { a: 'x' } }])('refuses %j', (updates) => {
    expect(() => filled().apply(updates)).toThrow('no object');
  });

  it('ignores tables that it has not asked for', () => {
    expect(filled().apply({ QoS: { [id(9)]: { new: {} } } })).toMatchObject({ ports: [] });
  });

  it('asks for no column that changes by itself', () => {
    expect(Object.values(MONITORED).flatMap(({ columns }) => columns)).not.toContain('statistics');
  });
});

describe('a device', () => {
  const after = (...rows: readonly object[]) => {
    const cache = filled();
    for (const row of rows) cache.apply({ Interface: { [id(3)]: { new: { ...INTERFACE, ...row } } } });
    const found = interfaceOf(cache);
    return found !== undefined && isReplaced(found);
  };

  it.each([
    ['the same', [{}, { link_state: 'down' }], false],
    ['gone', [{ ifindex: 0 }], true],
    ['another one', [{ ifindex: 6 }], true],
    ['another one after none', [{ ifindex: 0 }, { ifindex: 6 }], true],
    ['another one that was opened again', [{ ifindex: 6, ofport: 2 }], false],
    [
      'another one that was opened again, and is gone',
      [
        { ifindex: 6, ofport: 2 },
        { ifindex: 0, ofport: 2 },
      ],
      true,
    ],
    ['not opened', [{ ifindex: ['set', []], ofport: -1 }], false],
    [
      'not opened first',
      [
        { ifindex: ['set', []], ofport: -1 },
        { ifindex: 6, ofport: 3 },
      ],
      false,
    ],
  ] as const)('is %s', (_, rows, replaced) => {
    expect(after(...rows)).toBe(replaced);
  });
});
