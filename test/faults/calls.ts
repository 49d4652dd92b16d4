import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { picture } from '../support/host.ts';
import { scannedKinds } from '../support/scanned.ts';
import calls from './calls.json' with { type: 'json' };
import { type DatabaseScenarioName, databaseScenarios } from './database/all.ts';
import type { DatabaseFault } from './database-faults.ts';
import { type DatabaseScenario, type Result, resultOf, shortTimes } from './database-scenario.ts';
import type { Occurrences, Plan } from './faulty-database.ts';
import { Lab, type LabOptions } from './lab.ts';

/** A run that takes longer will not end. */
const STUCK_MS = 90_000;

/** Work that a failed call left undone is repeated after a pause. */
const SETTLING_MS = 60_000;

/** By scenario; each kind of resource scans the host with a call of its own. */
const listedCalls: Readonly<Record<DatabaseScenarioName, readonly string[]>> = {
  ...calls,
  work: [...calls.work, ...scannedKinds.map((name) => `scan.${name}`)].sort(),
};
const everyCall = Object.values(listedCalls).flat();

export interface CallsOptions {
  readonly faults: readonly DatabaseFault[];
  readonly openDatabase?: LabOptions['openDatabase'];
  /**
   * `call`: each call is disturbed by itself. `group`: several at once, each with a different fault, until each was
   * disturbed by every fault. `fault`: all of the scenario's at once, with the same fault. `mixed`: all at once, each
   * with a different fault, until each fault occurred.
   */
  readonly each: 'call' | 'group' | 'fault' | 'mixed';
  readonly occurrences: Occurrences;
}

/**
 * The tests of one scenario: each call that calls.json lists for it fails with each fault. Afterwards every operation
 * has ended exactly once, consistently with the host, with the same result as without faults, and without a restart. A
 * call that appears or disappears fails the test.
 */
export function testEveryCall(name: DatabaseScenarioName, options: CallsOptions): void {
  const { faults, each, occurrences } = options;
  const listed = listedCalls[name];
  describe(`${name}, ${occurrences}:`, () => {
    const bench = new Bench(databaseScenarios[name], options.openDatabase);
    afterAll(() => bench.close());

    it('calls.json lists the calls', async () => {
      await bench.undisturbed();
      const { called } = bench;
      expect(listed.filter((call) => !called.includes(call))).toEqual([]);
      expect(called.filter((call) => !everyCall.includes(call))).toEqual([]);
    });

    it.each(plansOf[each](listed, faults).map((plan) => [inWords(plan, listed), plan] as const))('%s', (_words, plan) =>
      bench.disturbed({ faults: plan, occurrences }),
    );
  });
}

type FaultOfCall = Plan['faults'];
type Plans = (calls: readonly string[], faults: readonly DatabaseFault[]) => FaultOfCall[];

/** Few enough operations make this many calls that two faults rarely affect the same one. */
const GROUP_CALLS = 6;

const plansOf: Readonly<Record<CallsOptions['each'], Plans>> = {
  call: (calls, faults) => calls.flatMap((call) => faults.map((fault) => new Map([[call, fault]]))),
  fault: (calls, faults) => faults.map((fault) => new Map(calls.map((call) => [call, fault]))),
  mixed: (calls, faults) =>
    Array.from(
      { length: Math.ceil(faults.length / calls.length) },
      (_, turn) => new Map(calls.map((call, index) => [call, inTurn(faults, turn * calls.length + index)])),
    ),
  group: (calls, faults) => {
    const count = Math.ceil(calls.length / GROUP_CALLS);
    const groups = Array.from({ length: count }, (_, group) => calls.filter((_call, index) => index % count === group));
    return groups.flatMap((group) =>
      faults.map((_fault, turn) => new Map(group.map((call, index) => [call, inTurn(faults, turn + index)]))),
    );
  },
};

function inTurn(faults: readonly DatabaseFault[], number: number): DatabaseFault {
  return faults[number % faults.length] as DatabaseFault;
}

function inWords(plan: FaultOfCall, listed: readonly string[]): string {
  const [first] = plan.values();
  if (plan.size === listed.length && plan.size > 1 && new Set(plan.values()).size === 1) {
    return `every call ${first?.name}`;
  }
  return [...plan].map(([call, fault]) => `${call} ${fault.name}`).join('; ');
}

/** One lab for many runs of a scenario; it is replaced after a failed run. */
class Bench {
  readonly #scenario: DatabaseScenario;
  readonly #openDatabase: LabOptions['openDatabase'];
  #lab: Promise<Lab> | undefined;
  #end: () => Promise<void> = async () => undefined;
  #undisturbed: Promise<Result> | undefined;
  #called: string[] = [];

  constructor(scenario: DatabaseScenario, openDatabase: LabOptions['openDatabase']) {
    this.#scenario = scenario;
    this.#openDatabase = openDatabase;
  }

  /** The calls that were made by the end of the undisturbed run. */
  get called(): readonly string[] {
    return this.#called;
  }

  undisturbed(): Promise<Result> {
    this.#undisturbed ??= this.#use(async (lab) => {
      const result = await resultOf(lab, await this.#scenario.run(lab));
      this.#called = lab.executorDatabase.calls;
      return result;
    });
    return this.#undisturbed;
  }

  /** Ends like the undisturbed run, at once or soon after. */
  async disturbed(plan: Plan): Promise<void> {
    const expected = await this.undisturbed();
    await this.#use(async (lab) => {
      lab.executorDatabase.plan(plan);
      const answers = await this.#scenario.run(lab);
      await expect.poll(() => resultOf(lab, answers), { timeout: SETTLING_MS }).toEqual(expected);
      lab.executorDatabase.mend();
      expect(lab.executorDatabase.strikes).toBeGreaterThanOrEqual(plan.faults.size);
    });
  }

  async close(): Promise<void> {
    const lab = await this.#lab;
    this.#lab = undefined;
    await this.#end();
    this.#end = async () => undefined;
    await lab?.clear();
  }

  async #use<Value>(run: (lab: Lab) => Promise<Value>): Promise<Value> {
    this.#lab ??= this.#open();
    const lab = await this.#lab;
    try {
      // Operations of earlier runs could not be distinguished from those of this run.
      await lab.sql('DELETE FROM operations');
      const value = await Promise.race([run(lab), this.#late()]);
      expect(lab.stopped).toBeUndefined();
      await this.#scenario.clear?.(lab);
      expect(picture()).toEqual(['namespace null']);
      return value;
    } catch (cause) {
      await this.close();
      const message = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`${message}\n${lab.output.split('\n').slice(-40).join('\n')}`, { cause });
    }
  }

  /** A timeout of the test itself would not show the executor's log. */
  async #late(): Promise<never> {
    await pause(STUCK_MS, undefined, { ref: false });
    throw new Error(`something is stuck: it did not end in ${STUCK_MS} ms`);
  }

  async #open(): Promise<Lab> {
    const { times, prepare } = this.#scenario;
    const openDatabase = this.#openDatabase;
    const lab = await Lab.open({ times: { ...shortTimes, ...times }, ...(openDatabase ? { openDatabase } : {}) });
    await lab.startExecutor();
    this.#end = (await prepare?.(lab)) ?? this.#end;
    return lab;
  }
}
