import { describe, expect, it } from 'vitest';
import { problemOf } from '../../../test/support/problems.ts';
import { check } from '../../../test/support/spp-requests.ts';
import { classifierChange, componentPort, componentStart, mirrorPort, mirrorStart } from './components.ts';
import { capture, nfvForward, nfvPatch, nfvPort, primaryForward, primaryPatch, primaryPort } from './patching.ts';
import type { RequestRules } from './request.ts';

const rules = {
  componentStart,
  componentPort,
  classifierChange,
  mirrorStart,
  mirrorPort,
  capture,
  nfvForward,
  nfvPatch,
  nfvPort,
  primaryForward,
  primaryPatch,
  primaryPort,
} satisfies Record<string, RequestRules>;
type Name = keyof typeof rules;

const mac = 'FA:16:3E:7D:CC:35';

describe('each required key is checked, in the order of the seed', () => {
  const keys: [Name, ...string[]][] = [
    ['componentStart', 'name', 'core', 'type'],
    ['componentPort', 'action', 'port', 'dir'],
    ['classifierChange', 'action', 'type', 'port', 'mac_address'],
    ['nfvForward', 'action'],
    ['nfvPort', 'action', 'port'],
    ['nfvPatch', 'src', 'dst'],
    ['mirrorStart', 'name', 'core', 'type'],
    ['mirrorPort', 'action', 'port', 'dir'],
    ['capture', 'action'],
    ['primaryForward', 'action'],
    ['primaryPort', 'action', 'port'],
    ['primaryPatch', 'src', 'dst'],
  ];
  it.each(keys)('%s', (name, ...required) => {
    for (const [index, key] of required.entries()) {
      // The keys before it are present and invalid, which is reported only when all keys are present.
      const body = Object.fromEntries(required.slice(0, index).map((earlier) => [earlier, 'wrong value']));
      expect(problemOf(() => check(rules[name], body)).message).toBe(`key(${key}) required.`);
    }
  });
});

describe('values are checked in the order of the seed', () => {
  it.each<[Name, string[], ...string[]]>([
    ['componentStart', ['name', 'core', 'type']],
    ['componentPort', ['action', 'dir', 'port', 'vlan']],
    ['classifierChange', ['action', 'type', 'port', 'mac_address']],
    ['nfvPort', ['action', 'port']],
  ])('%s', (name, order) => {
    const faults: Record<string, unknown> = Object.fromEntries(order.map((key) => [key, 'wrong value']));
    const holding: Record<string, unknown> =
      name === 'componentStart'
        ? { name: 'a', core: 1, type: 'merge' }
        : {
            action: name === 'componentPort' ? 'attach' : 'add',
            type: 'mac',
            port: 'ring:0',
            dir: 'rx',
            mac_address: mac,
          };
    for (const key of order) {
      expect(problemOf(() => check(rules[name], faults)).message).toBe(`invalid key(${key}): wrong value.`);
      if (key in holding) faults[key] = holding[key];
      else delete faults[key];
    }
    expect(check(rules[name], faults).ignored).toEqual([]);
  });
});
