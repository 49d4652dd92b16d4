import { expect } from 'vitest';
import { Lab } from './lab.ts';
import { type Outcome, outcomeOf } from './outcome.ts';
import { atRest, type Scenario } from './scenario.ts';
import type { Place } from './steps.ts';

/**
 * Runs the scenario once and lists the places that it comes by, then once more for each of them: halted there, the
 * executor dropped and built anew; and once with every step taken twice. Host and database must end as if nothing had
 * happened. Answers the places of the halts.
 */
export async function surviveEveryHalt(scenario: Scenario): Promise<Place[]> {
  const { places, expected } = await runStraight(scenario);
  await runTwice(scenario, expected);
  for (const place of places) await runHalted(scenario, place, expected);
  await scenario.clear?.();
  return [...places];
}

async function runStraight(scenario: Scenario): Promise<{ places: ReadonlySet<Place>; expected: Outcome }> {
  const lab = await prepared(scenario);
  const before = await outcomeOf(lab, scenario);
  const places = new Set<Place>();
  lab.steps.onPlace = (place) => void places.add(place);
  await scenario.act(lab);
  await atRest(lab);
  const expected = await outcomeOf(lab, scenario);
  if (scenario.failing !== undefined) expect(expected.host).toEqual(before.host);
  await lab.clear();
  return { places, expected };
}

async function runTwice(scenario: Scenario, expected: Outcome): Promise<void> {
  const lab = await prepared(scenario);
  lab.steps.twice = true;
  await scenario.act(lab);
  await atRest(lab);
  await compare('every step twice', lab, scenario, expected);
}

async function runHalted(scenario: Scenario, place: Place, expected: Outcome): Promise<void> {
  const lab = await prepared(scenario);
  const halted = lab.haltAt(place);
  // Its answer comes from the executor that is built anew.
  const answered = scenario.act(lab).then(() => 'answered');
  expect({ place, first: await Promise.race([halted, answered]) }).toEqual({ place, first: undefined });
  await lab.abandon();
  await lab.startExecutor();
  await answered;
  await atRest(lab);
  await compare(place, lab, scenario, expected);
}

async function compare(place: Place, lab: Lab, scenario: Scenario, expected: Outcome): Promise<void> {
  expect({ place, ...(await outcomeOf(lab, scenario)) }).toEqual({ place, ...expected });
  await lab.clear();
}

/** One in which the scenario can begin, with its failing step where it has one. */
async function prepared({ prepare, failing }: Scenario): Promise<Lab> {
  const lab = await Lab.start();
  await prepare(lab);
  await atRest(lab);
  lab.steps.failing = failing;
  return lab;
}
