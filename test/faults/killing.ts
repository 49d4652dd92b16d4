import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { temporaryDirectory } from '../support/database.ts';
import { Weft } from '../support/weft.ts';
import { outcomeOf } from './outcome.ts';
import { atRest, nothing, prepareScenario, type Scenario } from './scenario.ts';
import type { Place } from './steps.ts';

const program = 'test/support/faulty-start.ts';

/**
 * Runs the scenario once in a process of its own and lists the places that it passes, then once more for each of them:
 * killed there, and started again; and once with every step taken twice. Host and database must end in the same state
 * as without a kill. Returns the places of the kills.
 */
export async function surviveEveryKill(scenario: Scenario): Promise<Place[]> {
  const faults: Record<string, string> = scenario.failing === undefined ? {} : { WEFT_FAULT_FAIL: scenario.failing };
  const log = join(temporaryDirectory(), 'steps');
  writeFileSync(log, '');
  const { weft: straight } = await started(scenario, { ...faults, WEFT_FAULT_LOG: log });
  const before = await outcomeOf(straight, scenario);
  await scenario.act(straight);
  await atRest(straight);
  const expected = await outcomeOf(straight, scenario);
  if (scenario.failing !== undefined) expect(expected.host).toEqual(before.host);
  await straight.clear();

  const { weft: twice } = await started(scenario, { ...faults, WEFT_FAULT_TWICE: '1' });
  await scenario.act(twice);
  await atRest(twice);
  expect({ place: 'every step twice', ...(await outcomeOf(twice, scenario)) }).toEqual({
    place: 'every step twice',
    ...expected,
  });
  await twice.clear();

  const places = new Set(readFileSync(log, 'utf8').split('\n').filter(Boolean));
  for (const place of places) {
    const { weft, peers } = await started(scenario, { ...faults, WEFT_FAULT_AT: place });
    const killed = once(weft.child, 'exit');
    // It is never answered: the process was killed.
    await Promise.all([scenario.act(weft).catch(() => undefined), killed]);
    expect({ place, signal: weft.child.signalCode }).toEqual({ place, signal: 'SIGKILL' });
    await weft.start({ ...faults, ...peers }, program);
    await atRest(weft);
    expect({ place, ...(await outcomeOf(weft, scenario)) }).toEqual({ place, ...expected });
    await weft.clear();
  }
  await scenario.clear?.();
  return [...places];
}

/** A weft that was prepared without faults and now runs with them, and the variables of what it stands on. */
async function started({ prepare, environment }: Scenario, faults: Record<string, string>) {
  const peers = (await environment?.()) ?? {};
  const weft = await Weft.prepare();
  if (prepare !== nothing) {
    await weft.start(peers);
    await prepareScenario({ prepare }, weft);
    await weft.stop();
  }
  await weft.start({ ...faults, ...peers }, program);
  return { weft, peers };
}
