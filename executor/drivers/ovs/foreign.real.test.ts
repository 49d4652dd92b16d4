import { beforeEach, expect, test } from 'vitest';
import { internal, labelOf, own, portNames, refusalOf, stage, useOvs } from '../../../test/support/ovs-stage.ts';
import type { OvsDriver } from './driver.ts';

/* What others have made beside the driver's own. */

useOvs();

beforeEach(() => {
  const { daemons } = stage;
  daemons.vsctl('add-br', 'theirs', '--', 'set', 'bridge', 'theirs', 'datapath_type=netdev');
  for (const [port, bridge] of [['theirs1', 'theirs'] as const, ['theirs2', 'b0'] as const]) {
    daemons.vsctl('add-port', bridge, port, '--', 'set', 'interface', port, 'type=internal');
  }
});

/** Everything that a person can see of the rows, without what ovs-vswitchd writes of its own accord. */
const rows = () =>
  ['Bridge', 'Port'].map((table) => stage.daemons.vsctl('--columns=name,external_ids,other_config', 'list', table));

test('a bridge and ports without a label are seen and never changed', async () => {
  const { driver } = stage;
  const before = rows();
  const calls = [
    ['bridge theirs', () => driver.createBridge({ name: 'theirs', label: labelOf('theirs'), datapath: 'netdev' })],
    ['bridge theirs', () => driver.deleteBridge({ name: 'theirs', label: labelOf('theirs') })],
    ['port theirs2', () => driver.attachPorts([internal('p1'), internal('theirs2')])],
    ['port theirs1', () => driver.attachPorts([internal('theirs1')])],
    ['port b0', () => driver.attachPorts([internal('b0')])],
    ['port theirs2', () => driver.detachPorts([own('theirs2')])],
    ['port theirs2', () => driver.detachPorts([{ port: 'theirs2', vmId: 'f6d1a5f2-5a0c-4cf0-8a59-b1a9a9f1a001' }])],
    ['port theirs2', () => driver.setTag({ ...own('theirs2'), tag: 3 })],
  ] as const;
  for (const [words, call] of calls) {
    const error = await refusalOf(call());
    expect(error).toMatchObject({ code: 'foreign', transient: false });
    expect(error.detail).toMatch(new RegExp(`^${words} .*is somebody else's$`));
  }
  expect(rows()).toEqual(before);
  expect(await portNames()).toEqual({ b0: ['b0', 'theirs2'], theirs: ['theirs', 'theirs1'] });
});

test('another label is as foreign as none', async () => {
  const { driver } = stage;
  await driver.attachPorts([internal('p1')]);
  const other = { port: 'p1', label: labelOf('other') };
  for (const call of [() => driver.detachPorts([other]), () => driver.attachPorts([{ ...internal('p1'), ...other }])]) {
    expect(await refusalOf(call())).toMatchObject({ code: 'foreign' });
  }
  expect(await portNames()).toMatchObject({ b0: ['b0', 'p1', 'theirs2'] });
});

test('a port goes on a bridge of others, which keeps its own ports', async () => {
  const { driver } = stage;
  await driver.attachPorts([internal('p1', 5, 'theirs'), internal('p2', 5)]);
  expect(await portNames()).toEqual({ b0: ['b0', 'p2', 'theirs2'], theirs: ['p1', 'theirs', 'theirs1'] });
  await driver.detachPorts([own('p1'), own('p2')]);
  expect(await portNames()).toEqual({ b0: ['b0', 'theirs2'], theirs: ['theirs', 'theirs1'] });
});

test('a port that libvirt made for a domain of the caller is changed as one of its own', async () => {
  const { driver, daemons } = stage;
  const vmId = 'f6d1a5f2-5a0c-4cf0-8a59-b1a9a9f1a001';
  daemons.vsctl('set', 'interface', 'theirs2', `external_ids:vm-id="${vmId}"`);
  await driver.setTag({ port: 'theirs2', vmId, tag: 12 });
  expect(daemons.vsctl('get', 'port', 'theirs2', 'tag')).toBe('12');
  await driver.detachPorts([{ port: 'theirs2', vmId }]);
  expect(await portNames()).toMatchObject({ b0: ['b0'] });
});

test('of two drivers that want the same names at once, each gets what the other does not', async () => {
  const { driver } = stage;
  const other = await stage.open({ lock: 'weft_test_other' });
  const names = Array.from({ length: 30 }, (_, place) => `r${place}`);
  const labelled = (name: string, by: string) => ({ ...internal(name), label: `${by}/${name}` });
  const attach = (by: OvsDriver, who: string) =>
    Promise.allSettled(names.map((name) => by.attachPorts([labelled(name, who)])));
  const [ours, theirs] = await Promise.all([attach(driver, 'ours'), attach(other, 'theirs')]);
  const { bridges } = await driver.view();
  const ports = bridges.find(({ name }) => name === 'b0')?.ports ?? [];
  for (const [place, name] of names.entries()) {
    const ends = [ours[place], theirs[place]];
    expect(ends.filter((end) => end?.status === 'fulfilled')).toHaveLength(1);
    expect(ends.find((end) => end?.status === 'rejected')).toMatchObject({ reason: { code: 'foreign' } });
    const winner = ours[place]?.status === 'fulfilled' ? 'ours' : 'theirs';
    expect(ports.find((port) => port.name === name)).toMatchObject({ label: `${winner}/${name}` });
  }
});
