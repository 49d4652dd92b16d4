import { expect, it } from 'vitest';
import { foundDomain, ID, kept, observedDomains, wantedDomain } from '../../../test/support/domains/observed.ts';
import type { HostDomain } from './observed.ts';
import { seenOf } from './seen.ts';

const booted = wantedDomain({
  power: { is: 'kept', power: 'running', recorded: { state: 'running', reason: 'booted', generation: 3 } },
});
const seen = (changes: Partial<HostDomain>, desired = booted) =>
  seenOf([desired], observedDomains({ found: [foundDomain(changes)] }));

it('only what has changed is written', () => {
  expect(seen({})).toEqual([]);
  expect(seen({ reason: 'unpaused' })).toEqual([{ id: ID, state: 'running', reason: 'unpaused' }]);
  expect(seenOf([booted], observedDomains({}))).toEqual([]);
});

it('what the guest or a person has done is wanted from then on, and a fault is not', () => {
  const off = (changes: Partial<HostDomain>) => seen({ state: 'shut off', ...changes })[0];
  const followed = { id: ID, state: 'shut off', power: 'shut off', generation: 3 };
  expect(off({ reason: 'shutdown' })).toEqual({ ...followed, reason: 'shutdown', by: 'guest' });
  expect(off({ reason: 'destroyed' })).toEqual({ ...followed, reason: 'destroyed', by: 'person' });
  expect(off({ reason: 'crashed' })).toEqual({ id: ID, state: 'shut off', reason: 'crashed', by: 'fault' });
  expect(off({ reason: 'shutdown', requestedBy: 'host' })).toMatchObject({ by: 'fault' });
  expect(seen({ state: 'paused', reason: 'user' })).toMatchObject([{ power: 'paused', by: 'person' }]);
  expect(seen({}, wantedDomain({ power: kept('shut off') }))).toMatchObject([{ power: 'running', by: 'person' }]);
});

it('a state that is degraded is not written over, and what an operation changes not at all', () => {
  const degraded = { state: 'degraded', reason: 'booted', generation: 3 };
  expect(seen({}, wantedDomain({ power: { is: 'kept', power: 'running', recorded: degraded } }))).toEqual([]);
  const asked = wantedDomain({ power: { is: 'asked', power: 'running', action: null } });
  expect(seen({ state: 'shut off', reason: 'shutdown' }, asked)).toEqual([]);
});
