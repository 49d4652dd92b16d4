import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import {
  coreSchema,
  macSchema,
  nameSchema,
  portSchema,
  ringSchema,
  type Vlan,
  vlanIdSchema,
  vlanSchema,
} from './values.ts';

describe('a port', () => {
  it.each([
    ['phy:0', 'phy:0'],
    ['vhost:1', 'vhost:1'],
    ['ring:3', 'ring:3'],
    ['ring:007', 'ring:7'],
    ['ring:000', 'ring:0'],
    ['nic:2', 'nic:2'],
    ['tap:1', 'tap:1'],
    ['memif:10', 'memif:10'],
    ['pcap:0', 'pcap:0'],
    ['nullpmd:5', 'nullpmd:5'],
    ['pipe:0', 'pipe:0'],
    ['phy:0nq1', 'phy:0nq1'],
    ['phy:01nq07', 'phy:1nq7'],
    ['ring:999999999', 'ring:999999999'],
  ])('%j is %s', (text, canonical) => {
    expect(v.parse(portSchema, text)).toBe(canonical);
    expect(v.parse(portSchema, canonical)).toBe(canonical);
  });

  it.each([
    ['eth:0'],
    ['x:0'],
    ['ring'],
    ['ring:'],
    [':0'],
    [''],
    ['ring:-1'],
    ['ring:+1'],
    ['ring: 6 '],
    [' ring:6'],
    ['ring:0\n'],
    ['\nring:0'],
    ['ring:0 rx'],
    ['ring:1_0'],
    ['ring:1.0'],
    ['ring:0x1'],
    ['ring:1e2'],
    ['ring:\u0661'],
    ['ring:0:1'],
    ['RING:0'],
    ['ring:1234567890'],
    ['ring:0nq1'],
    ['phy:0nq'],
    ['phy:nq1'],
    ['phy:0NQ1'],
    ['phy:0nq123456'],
    ['phy:0nq1\n'],
    [5],
    [null],
    [true],
    [['ring:0']],
    [{ port: 'ring:0' }],
  ])('%j is not one', (value) => {
    expect(v.safeParse(portSchema, value).success).toBe(false);
  });

  it('of a pipe is a ring', () => {
    expect(v.parse(ringSchema, 'ring:04')).toBe('ring:4');
    expect(v.safeParse(ringSchema, 'phy:0').success).toBe(false);
    expect(v.safeParse(ringSchema, 'ring').success).toBe(false);
  });
});

describe('a MAC address', () => {
  it.each([
    ['FA:16:3E:7D:CC:35', 'FA:16:3E:7D:CC:35'],
    ['fa:16:3e:7d:cc:35', 'FA:16:3E:7D:CC:35'],
    ['fa-16-3e-7d-cc-35', 'FA:16:3E:7D:CC:35'],
    ['FA-16-3E-7d-cc-35', 'FA:16:3E:7D:CC:35'],
    ['fa16.3e7d.cc35', 'FA:16:3E:7D:CC:35'],
    ['fa163e7dcc35', 'FA:16:3E:7D:CC:35'],
    ['FA163E7DCC35', 'FA:16:3E:7D:CC:35'],
    ['FA16.3E7D.CC35', 'FA:16:3E:7D:CC:35'],
    ['000000000000', '00:00:00:00:00:00'],
    ['default', 'default'],
  ])('%s is %s', (text, canonical) => {
    expect(v.parse(macSchema, text)).toBe(canonical);
    expect(v.parse(macSchema, canonical)).toBe(canonical);
  });

  it.each([
    ['zz:16:3E:7D:CC:35'],
    ['12345'],
    [12345],
    [1],
    ['FA:16:3E:7D:CC:3'],
    ['FA:16:3E:7D:CC'],
    ['FA:16:3E:7D:CC:35:01'],
    ['FA:16-3E:7D-CC:35'],
    ['FA16:3E7D:CC35'],
    ['fa163e.7dcc35'],
    ['fa163e7dcc3'],
    ['fa163e7dcc355'],
    ['FA:16:3E:7D:CC:35\n'],
    [' FA:16:3E:7D:CC:35'],
    ['FA:16:3E:7D:CC:35 ring:0'],
    ['Default'],
    ['default '],
    [''],
    [null],
    [true],
  ])('%j is not one', (value) => {
    expect(v.safeParse(macSchema, value).success).toBe(false);
  });
});

describe('a name', () => {
  it.each([['forwarder1'], ['a'], ['_'], ['...'], ['!"#$%&\'()*+,-./:<=>?@[\\]^`{|}~'], ['n'.repeat(31)]])(
    '%s',
    (name) => {
      expect(v.parse(nameSchema, name)).toBe(name);
    },
  );

  it.each([
    [''],
    ['a b'],
    [' '],
    ['a\tb'],
    ['x\nstatus'],
    ['x\n'],
    ['x\0'],
    ['x\x7f'],
    ['a;b'],
    ['n'.repeat(32)],
    ['あ'],
    ['é'],
    ['.'],
    ['..'],
    [3],
    [null],
    [true],
    [['a']],
  ])('is not %j', (name) => {
    expect(v.safeParse(nameSchema, name).success).toBe(false);
  });
});

describe('a whole number', () => {
  it.each([[0], [12], [128], [Number.MAX_SAFE_INTEGER]])('is %d', (core) => {
    expect(v.parse(coreSchema, core)).toBe(core);
  });

  it('normalises negative zero', () => {
    expect(v.parse(coreSchema, -0)).toBe(0);
  });

  it.each([[-1], [1.5], [Number.NaN], [Number.POSITIVE_INFINITY], [2 ** 53], ['3'], [true], [false], [null], [[3]]])(
    'is not %j',
    (core) => {
      expect(v.safeParse(coreSchema, core).success).toBe(false);
    },
  );

  it('of a VLAN is 0 to 4095', () => {
    for (const id of [0, 475, 4095]) expect(v.parse(vlanIdSchema, id)).toBe(id);
    for (const id of [-1, 4096, 5000, 1.9, '475', true, null])
      expect(v.safeParse(vlanIdSchema, id).success, `${id}`).toBe(false);
  });
});

describe('the VLAN operation of a port', () => {
  it.each<[unknown, Vlan]>([
    [
      { operation: 'add', id: 677, pcp: 0 },
      { operation: 'add', id: 677, pcp: 0 },
    ],
    [
      { operation: 'add', id: 4095, pcp: 7 },
      { operation: 'add', id: 4095, pcp: 7 },
    ],
    [
      { operation: 'add', id: 0, pcp: 0 },
      { operation: 'add', id: 0, pcp: 0 },
    ],
    [{ operation: 'none' }, { operation: 'none' }],
    [{ operation: 'none', id: 0, pcp: 0 }, { operation: 'none' }],
    [{ operation: 'del' }, { operation: 'del' }],
    [{ operation: 'del', id: 'ignored', pcp: 9 }, { operation: 'del' }],
    [null, { operation: 'none' }],
    [{}, { operation: 'none' }],
  ])('%j is %j', (vlan, normal) => {
    expect(v.parse(vlanSchema, vlan)).toEqual(normal);
    expect(v.parse(vlanSchema, normal)).toEqual(normal);
  });

  it.each<[unknown, string]>([
    [{ operation: 'add' }, 'id and pcp'],
    [{ operation: 'add', id: 5 }, 'pcp'],
    [{ operation: 'add', id: '5', pcp: 0 }, 'id'],
    [{ operation: 'add', id: 5, pcp: '0' }, 'pcp'],
    [{ operation: 'add', id: 5000, pcp: 0 }, 'id'],
    [{ operation: 'add', id: 4096, pcp: 0 }, 'id'],
    [{ operation: 'add', id: 4094, pcp: 8 }, 'pcp'],
    [{ operation: 'add', id: -1, pcp: 0 }, 'id'],
    [{ operation: 'add', id: 1, pcp: -1 }, 'pcp'],
    [{ operation: 'add', id: true, pcp: 0 }, 'id'],
    [{ operation: 'add', id: 1.9, pcp: 0 }, 'id'],
    [{ operation: 'add', id: null, pcp: 0 }, 'id'],
    [{ operation: 'set', id: 1, pcp: 0 }, 'operation'],
    [{ operation: true }, 'operation'],
    [{ id: 1, pcp: 0 }, 'operation'],
    [[], ''],
    [[1], ''],
    ['none', ''],
    ['', ''],
    [0, ''],
    [false, ''],
  ])('is not %j, for its %s', (vlan, member) => {
    const { issues } = v.safeParse(vlanSchema, vlan);
    expect(issues?.map((issue) => v.getDotPath(issue) ?? '')).toEqual(member.split(' and '));
  });
});
