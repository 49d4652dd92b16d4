import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { configPatchSchema, hypervisorPatchSchema, hypervisorPostSchema, subnetsPatchSchema } from './hypervisors.ts';

/** `pointer: message` of everything that is wrong. */
function wrong(schema: v.GenericSchema, input: unknown): string[] {
  return (v.safeParse(schema, input).issues ?? []).map((issue) => `${v.getDotPath(issue) ?? ''}: ${issue.message}`);
}

describe('a hypervisor', () => {
  it('may say nothing of itself', () => {
    expect(v.parse(hypervisorPostSchema, {})).toEqual({});
  });

  it('is taken in its canonical form', () => {
    const id = 'ABCD1234-abcd-1234-ABCD-1234ABCD1234';
    expect(v.parse(hypervisorPostSchema, { id, ip: '2001:DB8::0', mac: '01-23-45-67-89-AB', gateway: '' })).toEqual({
      id: id.toLowerCase(),
      ip: '2001:db8::',
      mac: '01:23:45:67:89:ab',
      gateway: '',
    });
  });

  it('may send back what our own answer says', () => {
    const answer = {
      name: 'abcd1234-abcd-1234-abcd-1234abcd1234',
      alive: true,
      last_seen: null,
      boot_id: 'x',
      load: 0.1,
    };
    expect(
      wrong(hypervisorPatchSchema, { ...answer, capabilities: {}, executor_version: '1', free_memory: 1 }),
    ).toEqual([]);
  });

  it.each([
    [[], ': must be an object'],
    ['x', ': must be an object'],
    [{ id: 'x' }, 'id: must be a UUID'],
    [{ id: 5 }, 'id: must be a string'],
    [{ name: 'a b' }, 'name: must be 1 to 63 letters, digits, "_", "." and "-", and begin with a letter or digit'],
    [{ metadata: [] }, 'metadata: must be an object'],
    [{ ip: '10.0.0' }, 'ip: must be an IPv4 or IPv6 address, or empty'],
    [{ netmask: null }, 'netmask: must be a string'],
    [{ mac: '01:23' }, 'mac: must be a MAC address of 48 bits such as 52:54:00:12:34:56, or empty'],
    [{ total_resources: [] }, 'total_resources: must be an object'],
    [{ total_resources: { memory: -1 } }, 'total_resources.memory: must not be negative'],
    [{ total_resources: { cpu: 1.5 } }, 'total_resources.cpu: must be a whole number'],
    [{ total_resources: { disk: '1' } }, 'total_resources.disk: must be a number'],
  ])('is refused: %j', (input, message) => {
    expect(wrong(hypervisorPostSchema, input)).toEqual([message]);
    expect(wrong(hypervisorPatchSchema, input)).toEqual([message]);
  });

  it('has no more available than there is', () => {
    const resources = { total_resources: { memory: 4, cpu: 1 }, available_resources: { memory: 5, cpu: 1, disk: 1 } };
    expect(wrong(hypervisorPostSchema, resources)).toEqual([
      'available_resources.memory: is above the total of 4',
      'available_resources.disk: is above the total of 0',
    ]);
  });
});

describe('a config', () => {
  it('is a map of strings, whatever their keys', () => {
    const config = JSON.parse(
      '{"foo":"bar","__proto__":"x","constructor":"","cpu_overcommit":"1.5","memory_reserve":"0"}',
    );
    expect(Object.entries(v.parse(configPatchSchema, config))).toEqual(Object.entries(config));
  });

  it.each([
    [{ '': 'x' }, ': an empty key is none'],
    [{ a: 1 }, 'a: must be a string'],
    [{ a: null }, 'a: must be a string'],
    [{ cpu_overcommit: '0.9' }, 'cpu_overcommit: must be a decimal number from 1 to 64'],
    [{ cpu_overcommit: '64.1' }, 'cpu_overcommit: must be a decimal number from 1 to 64'],
    [{ memory_reserve: '-1' }, 'memory_reserve: must be a whole number of MB'],
    [['a'], ': must be an object'],
  ])('is refused: %j', (input, message) => {
    expect(wrong(configPatchSchema, input)).toEqual([message]);
  });
});

describe('subnets', () => {
  const id = 'c6430cba-648a-41aa-aee4-b59dacfc790d';

  it('are named by UUIDs in any case', () => {
    expect(v.parse(subnetsPatchSchema, { [id.toUpperCase()]: 'br0.1' })).toEqual({ [id]: 'br0.1' });
  });

  it.each(['', 'lo', '.', '..', 'all', 'default', 'a/b', 'a:b', 'a b', 'br%d', 'sixteen-letters-', 'ü', 5, null])(
    'have no interface %j',
    (name) => {
      expect(wrong(subnetsPatchSchema, { [id]: name })).toHaveLength(1);
    },
  );

  it('are no other words', () => {
    expect(wrong(subnetsPatchSchema, { web: 'br0' })).toEqual(['web: must be a UUID']);
  });
});
