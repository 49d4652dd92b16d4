import { describe, expect, it } from 'vitest';
import { commandOf, commands } from './registry.ts';

it('each kind belongs to one command', () => {
  const kinds = commands.map(({ kind }) => kind);
  expect(new Set(kinds).size).toBe(kinds.length);
});

describe.each(commands.map((command) => [command.kind, command] as const))('%s', (kind, command) => {
  it('declares its request, its role, and its target', () => {
    const { request, role, target } = command;
    expect(kind).toMatch(/^[a-z]+(_[a-z]+)?(\.[a-z]+){1,2}$/);
    expect(request).toMatchObject({ kind: 'schema', async: false });
    expect(role).toBe(kind === 'container.exec' ? 'admin' : 'operator');
    expect(typeof target === 'function' || typeof target.sql === 'string').toBe(true);
    expect(commandOf(kind)).toBe(command);
  });

  it('has a problem for each of its guards, whose ids are unique', () => {
    const guards = [...(command.guards ?? []), ...(command.invariants ?? [])];
    expect(new Set(guards.map(({ id }) => id)).size).toBe(guards.length);
  });
});

it.each([
  ...['cen.repair', 'container.repair', 'bridges.repair', 'network.sweep', 'spp.replay', 'image.repair'],
  'vlan_network.repair',
  'domain.repair',
])('%s is for no client to ask', (kind) => {
  expect(commandOf(kind)).toBeUndefined();
});
