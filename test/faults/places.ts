import { afterAll, describe, expect, it } from 'vitest';
import places from './places.json' with { type: 'json' };
import type { Scenario } from './scenario.ts';
import { type Group, groups } from './scenarios/all.ts';
import type { Place } from './steps.ts';

/** A start of a process takes seconds. */
const KILLS_TIMEOUT_MS = 600_000;

interface PlacesOptions {
  readonly survive: (scenario: Scenario) => Promise<readonly Place[]>;
  /** Whether the halts are kills of real processes: these are slow, so every place is printed. */
  readonly kills?: boolean;
  /** Scenarios of the group that pass all of its steps; the others are left to `npm run faults`. */
  readonly only?: readonly string[];
}

/**
 * The tests of one group of scenarios: each survives a halt at every place that it passes, and passes exactly those
 * that places.json lists, so that a missing step fails the test.
 */
export function testEveryPlace(group: Group, { survive, kills = false, only }: PlacesOptions): void {
  const listed: Readonly<Record<string, readonly Place[]>> = places[group];
  const scenarios = Object.entries(groups[group]);
  const survived: string[] = [];
  afterAll(() => {
    if (kills) for (const place of survived) console.log(`note: survived ${place}`);
    console.log(`note: halted at ${survived.length} places`);
  });
  describe('halted at each step and started again, host and database end in the same state as without a halt:', () => {
    it.each(scenarios.filter(([name]) => only?.includes(name) ?? true))(
      '%s',
      async (name, scenario) => {
        const came = await survive(scenario);
        // Parts of an operation run concurrently: their order is undefined.
        expect([...came].sort()).toEqual(listed[name]);
        survived.push(...came.map((place) => `${name}: ${place}`));
      },
      kills ? KILLS_TIMEOUT_MS : undefined,
    );
  });
  if (only !== undefined) {
    it('these scenarios pass all places of the group', () => {
      const passed = new Set(only.flatMap((name) => listed[name] ?? []));
      expect(Object.values(listed).flatMap((each) => each.filter((place) => !passed.has(place)))).toEqual([]);
    });
  }
  it('places.json lists these scenarios', () => {
    expect(Object.keys(listed).sort()).toEqual(scenarios.map(([name]) => name).sort());
  });
}
