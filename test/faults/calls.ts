import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { picture } from '../support/host.ts';
import calls from './calls.json' with { type: 'json' };
import { type DatabaseScenarioName, databaseScenarios } from './database/all.ts';
import type { DatabaseFault } from './database-faults.ts';
import { type DatabaseScenario, type Result, resultOf, shortTimes } from './database-scenario.ts';
import type { Occurrences } from './faulty-database.ts';
import { Lab, type LabOptions } from './lab.ts';

/** Beyond this a run will not end. */
const STUCK_MS = 90_000;

/** What a call left undone is done again after a pause. */
const SETTLING_MS = 60_000;

const everyCall: readonly string[] = Object.values(calls).flat();

export interface CallsOptions {
  readonly faults: readonly DatabaseFault[];
  readonly openDatabase?: LabOptions['openDatabase'];
  /** Disturb each call by itself, or all of the scenario's at once. */
  readonly each: 'call' | 'fault';
  readonly occurrences: Occurrences;
}

/**
 * The tests of one scenario: each call that calls.json lists for it goes wrong in each way. Afterwards every operation
 * has ended, once, as the host is: as if nothing had happened, and without a new start of anything. A call that
 * appears or disappears is noticed.
 */
export function testEveryCall(name: DatabaseScenarioName, options: CallsOptions): void {
  const { faults, each, occurrences } = options;
  const listed: readonly string[] = calls[name];
  const groups = each === 'call' ? listed.map((call) => [call]) : [listed];
  describe(`${name}, ${occurrences}:`, () => {
    const bench = new Bench(databaseScenarios[name], options.openDatabase);
    afterAll(() => bench.close());

    it('calls.json lists the calls', async () => {
      await bench.undisturbed();
      const { called } = bench;
      expect(listed.filter((call) => !called.includes(call))).toEqual([]);
      expect(called.filter((call) => !everyCall.includes(call))).toEqual([]);
    });

    for (const group of groups) {
      it.each(faults.map((fault) => [fault.name, fault] as const))(
        `${group.length === 1 ? group[0] : 'every call'} %s`,
        (_fault, fault) => bench.disturbed({ calls: group, fault, occurrences }),
      );
    }
  });
}

/** One lab for many runs of a scenario; one in which a run went wrong is replaced. */
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

  /** Ends as the undisturbed one did, at once or soon after. */
  async disturbed(plan: Parameters<Lab['executorDatabase']['plan']>[0]): Promise<void> {
    const expected = await this.undisturbed();
    await this.#use(async (lab) => {
      lab.executorDatabase.plan(plan);
      const answers = await this.#scenario.run(lab);
      await expect.poll(() => resultOf(lab, answers), { timeout: SETTLING_MS }).toEqual(expected);
      lab.executorDatabase.mend();
      expect(lab.executorDatabase.strikes).toBeGreaterThanOrEqual(plan.calls.length);
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
      // Those of the runs before are not to be told from those of this one.
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

  /** The test's own limit would not show what the executor has said. */
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
