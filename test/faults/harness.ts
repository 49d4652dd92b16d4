import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { waiting } from '../conformance/example.ts';
import { temporaryDirectory } from '../support/database.ts';
import { picture } from '../support/host.ts';
import { until } from '../support/until.ts';
import { Weft } from '../support/weft.ts';

export type Act = (weft: Weft) => Promise<unknown>;

/** One request that is answered when its operation has ended. */
export function request(method: string, path: string, body?: unknown): Act {
  return (weft) => weft.request(method, path, body, waiting);
}

export function inOrder(...acts: readonly Act[]): Act {
  return async (weft) => {
    for (const act of acts) await act(weft);
  };
}

/** One operation that is to survive a kill at each of its steps. */
export interface Scenario {
  /** What is there before: it runs undisturbed. */
  readonly prepare: Act;
  /** The request whose operation is killed. */
  readonly act: Act;
  /** What else is to end as if nothing had happened: peers that outlive weft. */
  readonly outcome?: (weft: Weft) => Promise<unknown>;
}

const program = 'test/support/faulty-start.ts';

/**
 * Runs the scenario once and lists the steps that it takes, then once more for each of them: killed there, before and
 * after, started again; and once with every step taken twice. Host and database must end as if nothing had happened.
 * Answers the places of the kills.
 */
export function surviveEveryKill(scenario: Scenario): Promise<string[]> {
  return survive(scenario, {});
}

/**
 * The same with a step (`<step>:<nth time>`) that fails for good, so that the operation is undone: first of all, the
 * host must be what it was before. The kills are at the steps of the undo, too.
 */
export function surviveEveryKillOfUndo(scenario: Scenario, failing: string): Promise<string[]> {
  return survive(scenario, { WEFT_FAULT_FAIL: failing });
}

async function survive({ prepare, act, outcome: other }: Scenario, faults: Record<string, string>): Promise<string[]> {
  const log = join(temporaryDirectory(), 'steps');
  const straight = await started(prepare, { ...faults, WEFT_FAULT_LOG: log });
  const before = await outcome(straight, other);
  await act(straight);
  await atRest(straight);
  const expected = await outcome(straight, other);
  if (faults.WEFT_FAULT_FAIL !== undefined) expect(expected.host).toEqual(before.host);
  await straight.clear();

  const twice = await started(prepare, { ...faults, WEFT_FAULT_TWICE: '1' });
  await act(twice);
  await atRest(twice);
  expect({ place: 'every step twice', ...(await outcome(twice, other)) }).toEqual({
    place: 'every step twice',
    ...expected,
  });
  await twice.clear();

  const places = [...new Set(readFileSync(log, 'utf8').trim().split('\n'))];
  for (const place of places) {
    const weft = await started(prepare, { ...faults, WEFT_FAULT_AT: place });
    const killed = once(weft.child, 'exit');
    // Its answer never comes: the process is gone.
    await Promise.all([act(weft).catch(() => undefined), killed]);
    expect({ place, signal: weft.child.signalCode }).toEqual({ place, signal: 'SIGKILL' });
    await weft.start(faults, program);
    await atRest(weft);
    expect({ place, ...(await outcome(weft, other)) }).toEqual({ place, ...expected });
    await weft.clear();
  }
  return places;
}

/** A weft that was prepared without faults and now runs with them. */
async function started(prepare: Scenario['prepare'], environment: Record<string, string>): Promise<Weft> {
  const weft = await Weft.start();
  await prepare(weft);
  await atRest(weft);
  await weft.stop();
  await weft.start(environment, program);
  return weft;
}

function atRest(weft: Weft): Promise<void> {
  return until(
    'every operation has ended',
    async () => (await weft.sql('SELECT 1 FROM operation_subjects')).length === 0,
  );
}

/** Host and database, but for what differs from one run to the next: ids, labels and addresses made of them, times. */
async function outcome(
  weft: Weft,
  other: Scenario['outcome'] = async () => undefined,
): Promise<{ host: string[]; rows: unknown[]; other: unknown }> {
  // Peers may have to come back before the rows tell of them.
  const seen = await other(weft);
  const host = picture().map((line) =>
    line
      .replaceAll(/weft:[0-9a-f-]+\/(hypervisors\/)?[0-9a-f-]+/g, 'label')
      .replaceAll(/02(:[0-9a-f]{2}){5}/g, 'address'),
  );
  const rows = await weft.sql(`
    SELECT 'cen' AS kind, name, spec, applied_spec, desired, state, error, wiring_type AS detail FROM cens
    UNION ALL SELECT 'container', name, spec, applied_spec, desired, state, error, NULL FROM containers
    UNION ALL SELECT 'name', name, kind, NULL, NULL, NULL, NULL, NULL FROM host_names
    UNION ALL SELECT 'member', outside, NULL, NULL, NULL, NULL, NULL, removed FROM members
    UNION ALL SELECT 'operation', kind, resource IS NULL, NULL, NULL, status, error, count(*) FROM operations GROUP BY kind, resource IS NULL, status, error
    UNION ALL SELECT 'spp ' || kind, name, spec, NULL, NULL, state, error, process FROM spp_items
    UNION ALL SELECT 'process', process, status, body, NULL, connected, NULL, stale FROM spp_processes
    UNION ALL SELECT 'interface', subnet, interface, NULL, NULL, state, error, NULL FROM subnet_interfaces
    UNION ALL SELECT 'guard', reason, ok, NULL, NULL, NULL, NULL, NULL FROM guard
    ORDER BY 1, 2, 3`);
  return { host, rows, other: seen };
}
