import { existsSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { ip } from '../../../test/support/netns-workbench.ts';
import { internal, own, portNames, refusalOf, stage, useOvs } from '../../../test/support/ovs-stage.ts';
import { until } from '../../../test/support/until.ts';
import { failureOf, isLeaseLost } from '../../loop/failure.ts';
import type { OvsDriver } from './driver.ts';
import { Session } from './session.ts';

useOvs();

/** Gives ovs-vswitchd up after a second. */
const openImpatient = () => stage.open({ applyMs: 1_000 });

const reconnected = (driver: OvsDriver) => until('it is connected', () => driver.health().available);

describe('the lock', () => {
  test('is taken by a newer driver, and the older one changes nothing any more', async () => {
    const { driver, daemons, log } = stage;
    const second = await stage.open();
    await second.attachPorts([internal('p2')]);
    const error = await refusalOf(driver.attachPorts([internal('p1')]));
    expect(error).toMatchObject({ code: 'expired' });
    expect(isLeaseLost(error)).toBe(true);
    expect(log).toEqual([expect.stringContaining('another process has taken the lock weft_test')]);
    expect(await portNames()).toEqual({ b0: ['b0', 'p2'] });
    // Also after both have had to connect again, in whichever order.
    await daemons.killDatabase();
    await until('both have noticed', () => !driver.health().available && !second.health().available);
    await daemons.startDatabase();
    await until('both are connected', () => driver.health().available && second.health().available);
    expect(await refusalOf(driver.attachPorts([internal('p1')]))).toMatchObject({ code: 'expired' });
    await second.attachPorts([internal('p3')]);
    await second.close();
    expect(await refusalOf(driver.attachPorts([internal('p1')]))).toMatchObject({ code: 'expired' });
    expect(daemons.vsctl('list-ports', 'b0')).toBe('p2\np3');
  });

  test('is asserted by the database, too, for what is sent before it is known that it was taken', async () => {
    const { driver } = stage;
    await stage.open();
    vi.spyOn(Session.prototype, 'holdsLock', 'get').mockReturnValue(true);
    onTestFinished(() => void vi.restoreAllMocks());
    const error = await refusalOf(driver.attachPorts([internal('p1')]));
    expect(error).toMatchObject({ code: 'expired', ovsError: 'not owner' });
    expect(await portNames()).toEqual({ b0: ['b0'] });
  });

  test('needs a name that OVSDB accepts', async () => {
    expect(await refusalOf(stage.open({ lock: 'weft-test' }))).toMatchObject({ code: 'invalid' });
  });
});

test('what has waited past the lease is refused, and what a read needs is not', async () => {
  const expires = new BigInt64Array(new SharedArrayBuffer(8));
  const driver = await stage.open({ expires, lock: 'weft_other' });
  expect(await refusalOf(driver.attachPorts([internal('p1')]))).toMatchObject({ code: 'expired' });
  expect(await portNames(driver)).toEqual({ b0: ['b0'] });
  Atomics.store(expires, 0, process.hrtime.bigint() + 3_600_000_000_000n);
  // The lock was not taken by a driver whose lease had run out, but queued for, and nobody else holds it.
  await driver.attachPorts([internal('p1')]);
});

describe('ovsdb-server', () => {
  test('is away while it is dead; what was deleted meanwhile is noticed', async () => {
    const { driver, daemons, changes, log } = stage;
    await driver.attachPorts([internal('p1'), internal('p2')]);
    await daemons.killDatabase();
    await until('it has noticed', () => !driver.health().available);
    for (const call of [() => driver.view(), () => driver.attachPorts([internal('p3')]), () => driver.version()]) {
      const error = await refusalOf(call());
      expect(failureOf(error)).toMatchObject({ away: true, transient: true, problem: { code: 'unavailable' } });
    }
    // Nobody is connected while the row goes.
    await daemons.deletePort('p1');
    changes.length = 0;
    await daemons.startDatabase();
    await reconnected(driver);
    expect(changes).toContainEqual({ bridges: [], ports: [], labels: [], everything: true });
    expect(await portNames()).toEqual({ b0: ['b0', 'p2'] });
    await driver.attachPorts([internal('p1'), internal('p2')]);
    expect(await portNames()).toEqual({ b0: ['b0', 'p1', 'p2'] });
    expect(log.at(-1)).toBe('info Open vSwitch is there again');
  });

  test('that does not answer is given up, and tried again', async () => {
    const { daemons } = stage;
    const driver = await stage.open({ deadlineMs: 300, lock: 'weft_slow' });
    const resume = daemons.pause('database');
    const error = await refusalOf(driver.view());
    expect(error).toMatchObject({ code: 'away', transient: true });
    expect(error.detail).toBe('ovsdb-server has not answered echo within 300 ms');
    resume();
    await until('it is connected', () => driver.health().available);
    expect(await portNames(driver)).toEqual({ b0: ['b0'] });
  });

  test('that dies in silence is noticed without a call', async () => {
    const { daemons } = stage;
    const driver = await stage.open({ probeMs: 50, deadlineMs: 300, lock: 'weft_idle' });
    const resume = daemons.pause('database');
    await until('it has noticed', () => !driver.health().available);
    expect(driver.health()).toMatchObject({
      reason: expect.stringContaining('ovsdb-server has been silent for 50 ms'),
    });
    resume();
    await until('it is connected', () => driver.health().available);
  });

  test('that asks for signs of life gets them', async () => {
    const { daemons } = stage;
    const probing = `${daemons.directory}/probing.sock`;
    daemons.vsctl('set-manager', `punix:${probing}`, '--', 'set', 'manager', '.', 'inactivity_probe=1000');
    await until('it listens there', () => existsSync(probing));
    // Passes everything on, and counts what the server asks on each connection.
    const asked: number[] = [];
    const between = createServer((client) => {
      const place = asked.push(0) - 1;
      const server = connect(probing);
      client.pipe(server).pipe(client);
      for (const socket of [client, server]) socket.on('error', () => undefined);
      server.on('data', (piece) => {
        if (piece.includes('"method":"echo"')) asked[place] = (asked[place] ?? 0) + 1;
      });
    });
    const socket = `${daemons.directory}/between.sock`;
    await new Promise<void>((resolve) => between.listen(socket, resolve));
    const driver = await stage.open({ socket, lock: 'weft_probed', probeMs: 3_600_000 });
    // Without an answer to the first it closes the connection.
    await until('it has asked twice', () => asked.some((times) => times >= 2));
    await driver.close();
    between.close();
    daemons.vsctl('del-manager');
    expect(asked).toHaveLength(1);
  });

  test('is asked for by name when there is none', async () => {
    const socket = `${stage.daemons.directory}/none.sock`;
    const error = await refusalOf(stage.open({ socket }));
    expect(error).toMatchObject({ code: 'away', action: `connect to ${socket}` });
    expect(error.detail).toContain('ENOENT');
  });
});

describe('ovs-vswitchd', () => {
  test('that is dead fails a call with its name, and not the next look', async () => {
    const { daemons } = stage;
    await daemons.killSwitch();
    const driver = await openImpatient();
    const error = await refusalOf(driver.attachPorts([internal('p1')]));
    expect(error).toMatchObject({ code: 'away', transient: true });
    expect(error.detail).toMatch(/^ovs-vswitchd has not applied the configuration within \d+ ms$/);
    expect(driver.health()).toEqual({ available: false, reason: error.detail });
    // What is in the database is there, unmade.
    const { bridges } = await driver.view();
    expect(bridges[0]?.ports[1]).toMatchObject({ name: 'p1', interfaces: [{ ofport: null }] });
    await daemons.startSwitch();
    await reconnected(driver);
    const patient = await stage.open();
    await patient.attachPorts([internal('p1')]);
    expect(ip('link', 'show', 'dev', 'p1')).toContain('p1');
  });

  test('that is dead lets no port go whose device it has made; one of another device goes', async () => {
    const { daemons } = stage;
    ip('link', 'add', 'v1', 'type', 'veth', 'peer', 'name', 'v1p');
    await stage.driver.attachPorts([internal('p1'), { bridge: 'b0', port: 'v1', label: own('v1').label }]);
    await daemons.killSwitch();
    const driver = await openImpatient();
    expect(await refusalOf(driver.detachPorts([own('p1')]))).toMatchObject({ code: 'away' });
    expect(await refusalOf(driver.deleteBridge({ ...own('b0'), name: 'b0' }))).toMatchObject({ code: 'away' });
    expect(await refusalOf(driver.detachPorts([own('v1')]))).toMatchObject({ code: 'away' });
    expect(await portNames()).toEqual({ b0: ['b0', 'p1'] });
    // It is still there, and would be for ever.
    expect(ip('link', 'show')).toContain('p1:');
    await daemons.startSwitch();
    const patient = await stage.open();
    await patient.detachPorts([own('p1'), own('v1')]);
    await patient.deleteBridge({ ...own('b0'), name: 'b0' });
    expect(ip('link', 'show')).not.toMatch(/p1:|b0:/);
    ip('link', 'delete', 'v1');
  });

  test('makes everything again when it was restarted', async () => {
    const { driver, daemons } = stage;
    await driver.attachPorts([internal('p1', 4)]);
    await daemons.killSwitch();
    await daemons.startSwitch();
    await driver.attachPorts([internal('p1', 4), internal('p2', 4)]);
    expect((await driver.view()).bridges[0]?.ports.map(({ interfaces }) => interfaces[0]?.error)).toEqual(
      Array(3).fill(null),
    );
    expect(ip('link', 'show', 'dev', 'p1')).toContain('p1');
  });

  test('that starts during a call ends it', async () => {
    const { daemons } = stage;
    const driver = await stage.open({ applyMs: 60_000 });
    await daemons.killSwitch();
    const attached = driver.attachPorts([internal('p1')]);
    await until('it is in the database', async () => (await portNames(driver)).b0?.includes('p1'));
    await daemons.startSwitch();
    await attached;
  });
});
