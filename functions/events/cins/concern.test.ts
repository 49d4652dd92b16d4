import { expect, it } from 'vitest';
import { mayConcern } from './concern.ts';

const cin = { hypervisor: 'h1', name: 'cin1' };
const names = { cens: new Set(['cen1']), containers: new Set(['c1']) };

it.each([
  ['hypervisors/h1/cins/cin1', 'h1', true],
  ['hypervisors/h1/cins/cin2', 'h1', false],
  ['hypervisors/h1/cens/cen1', 'h1', true],
  ['hypervisors/h1/cens/cen2', 'h1', false],
  ['hypervisors/h1/containers/c1', 'h1', true],
  ['hypervisors/h1/containers/c2', 'h1', false],
  ['hypervisors/h2/cins/cin1', 'h2', false],
  ['hypervisors/h1/spp/1', 'h1', false],
  ['hypervisors/h1', 'h1', true],
  ['hypervisors/h2', 'h2', false],
  ['operations/01900000', 'h1', true],
  ['operations/01900000', null, true],
  ['operations/01900000', 'h2', false],
  ['subnets/s1', null, false],
])('an event of %s on %s may concern the CIN: %s', (subject, hypervisor, expected) => {
  const event = { sequence: 1, at_ms: 0, type: 'operation.succeeded', data: null, subject, hypervisor };
  expect(mayConcern(event, cin, { names })).toBe(expected);
});
