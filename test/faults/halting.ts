import { expect } from 'vitest';
import { Lab } from './lab.ts';
import { type Outcome, outcomeOf } from './outcome.ts';
import { atRest, prepareScenario, type Scenario } from './scenario.ts';
import type { Place } from './steps.ts';

/**
 * Runs the scenario once and lists the places that it passes, then once more for each of them: halted there, and the
 * executor dropped and built again; and once with every step taken twice. Host and database must end in the same state
 * as without a halt. Returns the places of the halts.
 */
export async function surviveEveryHalt(scenario: Scenario): Promise<Place[]> {
  const bench = new Bench(scenario);
  const { places, expected } = await runStraight(bench);
  await runTwice(bench, expected);
  for (const place of places) await runHalted(bench, place, expected);
  await bench.close();
  return [...places];
}

async function runStraight(bench: Bench): Promise<{ places: ReadonlySet<Place>; expected: Outcome }> {
  const { scenario } = bench;
  const lab = await bench.prepare();
  const before = await outcomeOf(lab, scenario);
  const places = new Set<Place>();
  lab.steps.onPlace = (place) => void places.add(place);
  await scenario.act(lab);
  await atRest(lab);
  const expected = await outcomeOf(lab, scenario);
  if (scenario.failing !== undefined) expect(expected.host).toEqual(before.host);
  return { places, expected };
}

async function runTwice(bench: Bench, expected: Outcome): Promise<void> {
  const lab = await bench.prepare();
  lab.steps.twice = true;
  await bench.scenario.act(lab);
  await compare('every step twice', bench, lab, expected);
}

async function runHalted(bench: Bench, place: Place, expected: Outcome): Promise<void> {
  const lab = await bench.prepare();
  const halted = lab.haltAt(place);
  // The new executor completes its operation.
  const answered = bench.scenario.act(lab).then(() => 'answered');
  expect({ place, first: await Promise.race([halted, answered]) }).toEqual({ place, first: undefined });
  await lab.abandon();
  await lab.startExecutor();
  await answered;
  await compare(place, bench, lab, expected);
}

async function compare(place: Place, { scenario }: Bench, lab: Lab, expected: Outcome): Promise<void> {
  await atRest(lab);
  expect({ place, ...(await outcomeOf(lab, scenario)) }).toEqual({ place, ...expected });
}

/** The runs of one scenario, one after another in the same lab, which is emptied in between. */
class Bench {
  readonly scenario: Scenario;
  #lab: Lab | undefined;

  constructor(scenario: Scenario) {
    this.scenario = scenario;
  }

  /** A lab in which the scenario can begin, with its failing step, if it has one. */
  async prepare(): Promise<Lab> {
    const lab = await this.#empty();
    await prepareScenario(this.scenario, lab);
    // As in a process that was started after the preparation.
    lab.steps.restart();
    lab.steps.failing = this.scenario.failing;
    return lab;
  }

  async close(): Promise<void> {
    await this.#lab?.clear();
    await this.scenario.clear?.();
  }

  async #empty(): Promise<Lab> {
    // An executor knows peers that outlive it.
    const { clear, environment } = this.scenario;
    if (clear !== undefined) await this.#lab?.clear();
    if (this.#lab === undefined || clear !== undefined)
      this.#lab = await Lab.start(environment === undefined ? {} : { environment: await environment() });
    else await this.#lab.empty();
    return this.#lab;
  }
}
