import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { example, exampleCens, waiting } from '../conformance/example.ts';
import { clearHost, ip, picture } from '../support/host.ts';
import { until } from '../support/until.ts';
import { Weft } from '../support/weft.ts';

const faulty = 'test/support/faulty-start.ts';

/** What the database says of networks, without ids and times. */
function rows(weft: Weft): Promise<unknown[]> {
  return weft.sql(`
    SELECT 'cen' AS kind, name, spec, applied_spec, desired, state, error, wiring_type FROM cens
    UNION ALL SELECT 'container', name, spec, applied_spec, desired, state, error, NULL FROM containers
    UNION ALL SELECT 'name', name, kind, NULL, NULL, NULL, NULL, NULL FROM host_names
    UNION ALL SELECT 'member', outside, NULL, NULL, NULL, NULL, removed, NULL FROM members
    UNION ALL SELECT 'subject', subject, NULL, NULL, NULL, NULL, NULL, NULL FROM operation_subjects
    ORDER BY 1, 2`);
}

/** The host without what differs from one database to the next: labels, and the addresses made from them. */
function shape(): string[] {
  return picture().map((line) =>
    line.replaceAll(/weft:[0-9a-f-]+\/[0-9a-f-]+/g, 'weft').replaceAll(/02(:[0-9a-f]{2}){5}/g, 'mac'),
  );
}

async function finished(weft: Weft): Promise<void> {
  await until(
    'every operation has ended',
    async () => (await weft.sql('SELECT 1 FROM operation_subjects')).length === 0,
  );
}

/** Runs `act` on a weft that is killed at the fault, starts it again, and waits for rest. */
async function killedAt(
  fault: string,
  prepare: (weft: Weft) => Promise<unknown>,
  act: (weft: Weft) => Promise<unknown>,
): Promise<Weft> {
  const weft = await Weft.start();
  await prepare(weft);
  await weft.stop();
  await weft.start({ WEFT_FAULT_AT: fault }, faulty);
  const killed = once(weft.child, 'exit');
  // The answer never comes: the process is gone.
  await Promise.all([act(weft).catch(() => undefined), killed]);
  expect(weft.child.signalCode).toBe('SIGKILL');
  await weft.start();
  await finished(weft);
  return weft;
}

describe('an executor that is killed and started again finishes what it was doing', () => {
  const load = (weft: Weft) => weft.request('POST', '/cen/import', example);
  const make = (weft: Weft) => weft.request('POST', '/cen/make', exampleCens, waiting);
  const destroy = (weft: Weft) => weft.request('POST', '/cen/destroy', exampleCens, waiting);
  const join = (weft: Weft) => weft.request('PUT', '/host/host1/c30/cen5');
  const leave = (weft: Weft) => weft.request('DELETE', '/host/host1/c30/cen5');
  const remove = (weft: Weft) => weft.request('DELETE', '/host/host1/c2');
  const sequence =
    (...steps: ((weft: Weft) => Promise<unknown>)[]) =>
    async (weft: Weft) => {
      for (const step of steps) await step(weft);
    };

  it.each([
    [
      'make',
      load,
      make,
      [
        'namespace.create:before:3',
        'namespace.create:after:5',
        'bridge.create:before',
        'bridge.create:after',
        'veth.create:before:4',
        'veth.create:after:9',
      ],
    ],
    [
      'join, which turns a wire into a bridge',
      sequence(load, make),
      join,
      ['bridge.create:after', 'veth.create:after:2', 'links.replace:before', 'links.replace:after'],
    ],
    [
      'leave, which turns a bridge into a wire',
      sequence(load, make, join),
      leave,
      ['veth.create:after', 'links.replace:before', 'links.replace:after', 'links.delete:after'],
    ],
    [
      'destroy',
      sequence(load, make),
      destroy,
      ['links.delete:before', 'links.delete:after:2', 'namespace.delete:before:2', 'namespace.delete:after:4'],
    ],
    [
      'delete of a container',
      sequence(load, make),
      remove,
      ['links.delete:after', 'namespace.delete:before', 'namespace.delete:after'],
    ],
  ])('%s', async (_name, prepare, act, faults) => {
    const straight = await Weft.start();
    await prepare(straight);
    await act(straight);
    const expected = { host: shape(), rows: await rows(straight) };
    await straight.clear();
    for (const fault of faults) {
      const weft = await killedAt(fault, prepare, act);
      expect({ fault, host: shape(), rows: await rows(weft) }).toEqual({ fault, ...expected });
      expect(await weft.sql("SELECT * FROM operations WHERE status NOT IN ('succeeded')")).toEqual([]);
      await weft.clear();
    }
  });
});

describe('a scan', () => {
  it('at the start repairs what went while nobody looked, a reboot’s whole host too', async () => {
    const weft = await Weft.start();
    await weft.request('POST', '/cen/import', example);
    await weft.request('POST', '/cen/make', exampleCens, waiting);
    await weft.request('PUT', '/host/host1/single');
    const before = picture();
    await weft.stop();
    ip('netns', 'delete', 'c2');
    ip('link', 'set', 'c1.0o', 'nomaster');
    ip('link', 'set', 'cen2', 'down');
    await weft.start();
    await finished(weft);
    expect(picture()).toEqual(before);

    await weft.stop();
    clearHost();
    await weft.start();
    await finished(weft);
    expect(picture()).toEqual(before);
    const repairs = await weft.sql(
      "SELECT kind, status FROM operations WHERE principal = 'executor' GROUP BY kind, status",
    );
    expect(repairs).toEqual([
      { kind: 'cen.repair', status: 'succeeded' },
      { kind: 'container.repair', status: 'succeeded' },
    ]);
  });

  it('finds nothing on a host that is as it should be', async () => {
    const weft = await Weft.start();
    await weft.request('POST', '/cen/import', example);
    await weft.request('POST', '/cen/make', exampleCens, waiting);
    await weft.stop();
    await weft.start();
    expect(await weft.sql("SELECT * FROM operations WHERE principal = 'executor'")).toEqual([]);
  });
});
