import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { issuesOf, refusals } from '../../../test/support/problems.ts';
import {
  configPatchSchema,
  hypervisorPatchSchema,
  hypervisorPostSchema,
  refuseForeignName,
  removalQuerySchema,
  subnetsPatchSchema,
} from './hypervisors.ts';

const id = 'abcd1234-abcd-1234-abcd-1234abcd1234';
const other = 'c6430cba-648a-41aa-aee4-b59dacfc790d';
const address = 'must be an IPv4 or IPv6 address, or empty';
const mac = 'must be a MAC address of 48 bits such as 52:54:00:12:34:56, or empty';

const example = {
  id,
  metadata: {},
  ip: '10.100.101.35',
  netmask: '255.255.255.255',
  gateway: '10.100.101.35',
  mac: '01:23:45:67:89:ac',
  total_resources: { memory: 1024, disk: 1024, cpu: 1 },
  available_resources: { memory: 1024, disk: 1024, cpu: 1 },
};

const readOnly = {
  alive: true,
  last_seen: null,
  boot_id: null,
  capabilities: { netns: { available: true, version: '6.1' } },
  executor_version: null,
  load: 0.5,
  free_memory: 12,
};

describe.each([
  ['POST', hypervisorPostSchema],
  ['PATCH', hypervisorPatchSchema],
] as const)('the body of %s /hypervisors', (_method, schema) => {
  it.each([[{}], [example], [{ ...example, name: 'host1', ...readOnly }], [{ id, name: id }]])(
    'is read as it is: %j',
    (body) => {
      expect(v.parse(schema, body)).toEqual(body);
    },
  );

  it('is read in its canonical spelling', () => {
    const written = {
      id: id.toUpperCase(),
      ip: '2001:DB8:0::1',
      netmask: '',
      gateway: '',
      mac: '01-23-45-67-89-AC',
      total_resources: { cpu: -0 },
    };
    expect(v.parse(schema, written)).toStrictEqual({
      id,
      ip: '2001:db8::1',
      netmask: '',
      gateway: '',
      mac: '01:23:45:67:89:ac',
      total_resources: { cpu: 0 },
    });
  });

  it('omits unknown members, for a warning', () => {
    expect(v.parse(schema, { colour: 'red', total_resources: { gpu: 1 } })).toEqual({ total_resources: {} });
  });

  it('keeps metadata with any keys', () => {
    const body = JSON.parse('{"metadata":{"__proto__":{"a":1},"constructor":2,"prototype":null}}');
    expect(JSON.stringify(v.parse(schema, body))).toBe(JSON.stringify(body));
  });

  it.each<[unknown, Record<string, string>]>([
    [[], { '': 'must be an object' }],
    [null, { '': 'must be an object' }],
    ['text', { '': 'must be an object' }],
    [{ id: 1 }, { '/id': 'must be a string' }],
    [{ id: '' }, { '/id': 'must be a UUID' }],
    [{ id: `{${id}}` }, { '/id': 'must be a UUID' }],
    [{ id: `${id}\n` }, { '/id': 'must be a UUID' }],
    [
      { name: '-a' },
      { '/name': 'must be 1 to 63 letters, digits, "_", "." and "-", and begin with a letter or digit' },
    ],
    [
      { name: 'n'.repeat(64) },
      { '/name': 'must be 1 to 63 letters, digits, "_", "." and "-", and begin with a letter or digit' },
    ],
    [{ name: null }, { '/name': 'must be a string' }],
    [{ metadata: [] }, { '/metadata': 'must be an object' }],
    [{ metadata: null }, { '/metadata': 'must be an object' }],
    [{ metadata: 'a' }, { '/metadata': 'must be an object' }],
    [
      { ip: '10.1', netmask: '255.255.255.0/24', gateway: 'fe80::1%eth0' },
      { '/ip': address, '/netmask': address, '/gateway': address },
    ],
    [{ ip: null }, { '/ip': 'must be a string' }],
    [{ ip: '010.0.0.1' }, { '/ip': address }],
    [{ mac: '01:23:45:67:89' }, { '/mac': mac }],
    [{ mac: '01:23:45-67-89-ac' }, { '/mac': mac }],
    [{ total_resources: [] }, { '/total_resources': 'must be an object' }],
    [{ total_resources: { memory: '1' } }, { '/total_resources/memory': 'must be a number' }],
    [{ total_resources: { memory: 1.5 } }, { '/total_resources/memory': 'must be a whole number' }],
    [{ total_resources: { disk: 2 ** 53 } }, { '/total_resources/disk': 'must be a whole number' }],
    [{ total_resources: { cpu: -1 } }, { '/total_resources/cpu': 'must not be negative' }],
    [{ available_resources: { cpu: null } }, { '/available_resources/cpu': 'must be a number' }],
  ])('is not %j', (body, issues) => {
    expect(issuesOf(schema, body)).toEqual(issues);
  });
});

describe('a condition across members', () => {
  it.each<[unknown, Record<string, string>]>([
    [
      { total_resources: { memory: 1, disk: 1, cpu: 1 }, available_resources: { memory: 2, disk: 1, cpu: 3 } },
      {
        '/available_resources/memory': 'is above the total of 1',
        '/available_resources/cpu': 'is above the total of 1',
      },
    ],
    [{ available_resources: { disk: 1 } }, { '/available_resources/disk': 'is above the total of 0' }],
    [{ name: other }, { '/name': 'must not look like a UUID: that would be an id' }],
    [{ id, name: other }, { '/name': 'must not look like a UUID: that would be an id' }],
  ])('is refused in a POST: %j', (body, issues) => {
    expect(issuesOf(hypervisorPostSchema, body)).toEqual(issues);
  });

  it('accepts the id as the name in upper or lower case', () => {
    expect(v.parse(hypervisorPostSchema, { id, name: id.toUpperCase() })).toEqual({ id, name: id });
  });

  it('is not known to the schema of a PATCH', () => {
    const body = { available_resources: { memory: 2 }, name: other };
    expect(v.parse(hypervisorPatchSchema, body)).toEqual(body);
    expect(refusals(() => refuseForeignName(id, body))).toEqual({
      '/name': 'must not look like a UUID: that would be an id',
    });
    expect(() => refuseForeignName(id, { name: id })).not.toThrow();
    expect(() => refuseForeignName(id, { name: 'host1' })).not.toThrow();
    expect(() => refuseForeignName(id, {})).not.toThrow();
  });
});

describe('the body of PATCH /hypervisors/{id}/config', () => {
  it.each([
    '{}',
    '{"foo":"bar","bar":""}',
    '{"__proto__":"a","constructor":"b","prototype":"c","toString":"d"}',
    '{"cpu_overcommit":"","memory_reserve":""}',
    '{"cpu_overcommit":"1","memory_reserve":"0"}',
    '{"cpu_overcommit":"1.5","memory_reserve":"2048"}',
    '{"cpu_overcommit":"64","memory_reserve":"999999999999"}',
    '{"cpu_overcommit":"64.0"}',
    ...['off', 'on', 'nat', ''].map((mode) => `{"cin_forwarding":"${mode}"}`),
  ])('%s', (body) => {
    expect(JSON.stringify(v.parse(configPatchSchema, JSON.parse(body)))).toBe(body);
  });

  const overcommit = 'must be a decimal number from 1 to 64';
  const reserve = 'must be a whole number of MB';
  it.each<[string, Record<string, string>]>([
    ['[]', { '': 'must be an object' }],
    ['null', { '': 'must be an object' }],
    ['{"":"a"}', { '/': 'an empty key is none' }],
    ['{"a":1,"b":null,"c":"d"}', { '/a': 'must be a string', '/b': 'must be a string' }],
    ['{"__proto__":{}}', { '/__proto__': 'must be a string' }],
    ...['0', '0.5', '64.1', '65', '100', '1e1', '+4', ' 4', '4.', '.5', '04', 'four', '4\\n', '-1'].map(
      (text): [string, Record<string, string>] => [`{"cpu_overcommit":"${text}"}`, { '/cpu_overcommit': overcommit }],
    ),
    ...['-1', '1.5', '1 GB', '1e3', '9999999999999', '0x10'].map((text): [string, Record<string, string>] => [
      `{"memory_reserve":"${text}"}`,
      { '/memory_reserve': reserve },
    ]),
    ...['true', 'ON', 'nat ', '1'].map((text): [string, Record<string, string>] => [
      `{"cin_forwarding":"${text}"}`,
      { '/cin_forwarding': 'must be one of off, on, nat' },
    ]),
  ])('is not %s', (body, issues) => {
    const input = JSON.parse(body);
    const found = v.safeParse(configPatchSchema, input).issues ?? [];
    expect(
      found.map((issue) => [`${issue.path === undefined ? '' : '/'}${v.getDotPath(issue) ?? ''}`, issue.message]),
    ).toEqual(Object.entries(issues));
  });
});

describe('the body of PATCH /hypervisors/{id}/subnets', () => {
  it('has ids in upper or lower case', () => {
    expect(v.parse(subnetsPatchSchema, { [other.toUpperCase()]: 'br0', [id]: 'exactly15bytes-' })).toEqual({
      [other]: 'br0',
      [id]: 'exactly15bytes-',
    });
  });

  const visible = 'must be 1 to 15 visible ASCII characters';
  const name = 'is not a valid link name';
  it.each<[unknown, Record<string, string>]>([
    [[], { '': 'must be an object' }],
    [{ net1: 'br0' }, { '/net1': 'must be a UUID' }],
    [JSON.parse('{"__proto__":"br0"}'), { '/__proto__': 'must be a UUID' }],
    [{ [id]: 'br0', [id.toUpperCase()]: 'br1' }, { [`/${id.toUpperCase()}`]: 'is in the map twice' }],
    [{ [id]: null }, { [`/${id}`]: 'must be a string' }],
    ...['', 'sixteen-bytes-xx', 'a b', 'a\t', 'br\0', 'brücke'].map((text): [unknown, Record<string, string>] => [
      { [id]: text },
      { [`/${id}`]: visible },
    ]),
    ...['a/b', 'eth0:1', 'br%d'].map((text): [unknown, Record<string, string>] => [
      { [id]: text },
      { [`/${id}`]: 'must not have "/", ":" or "%" in it' },
    ]),
    ...['.', '..', 'lo', 'all', 'default'].map((text): [unknown, Record<string, string>] => [
      { [id]: text },
      { [`/${id}`]: name },
    ]),
  ])('is not %j', (body, issues) => {
    expect(issuesOf(subnetsPatchSchema, body)).toEqual(issues);
  });
});

describe('the query of DELETE /hypervisors/{id}', () => {
  it.each([
    [{}, false],
    [{ force: 'false' }, false],
    [{ force: 'true' }, true],
  ])('%j', (query, force) => {
    expect(v.parse(removalQuerySchema, query)).toEqual({ force });
  });

  it.each(['', '1', 'TRUE', 'yes'])('is not force=%s', (force) => {
    expect(issuesOf(removalQuerySchema, { force })).toEqual({ '/force': 'must be true or false' });
  });

  it('has no other parameter', () => {
    expect(v.safeParse(removalQuerySchema, { forced: 'true' }).issues?.[0]).toMatchObject({ expected: 'never' });
  });
});
