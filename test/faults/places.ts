import { afterAll, describe, expect, it } from 'vitest';
import places from './places.json' with { type: 'json' };
import type { Scenario } from './scenario.ts';
import { type Group, groups } from './scenarios/all.ts';
import type { Place } from './steps.ts';

/**
 * The tests of one group of scenarios: each survives a halt at every place that it comes by, and comes by exactly those
 * that places.json lists, so that a step that disappears is noticed.
 */
export function testEveryPlace(group: Group, survive: (scenario: Scenario) => Promise<readonly Place[]>): void {
  const listed: Readonly<Record<string, readonly Place[]>> = places[group];
  const scenarios = Object.entries(groups[group]);
  let halts = 0;
  afterAll(() => console.log(`note: halted at ${halts} places`));
  describe('halted at each step, and started again, host and database end as if nothing had happened:', () => {
    it.each(scenarios)('%s', async (name, scenario) => {
      const came = await survive(scenario);
      // Parts of an operation run side by side: which of them comes first is not told.
      expect([...came].sort()).toEqual(listed[name]);
      halts += came.length;
    });
  });
  it('places.json lists these scenarios', () => {
    expect(Object.keys(listed).sort()).toEqual(scenarios.map(([name]) => name).sort());
  });
}
