import { expect, test } from 'vitest';
import { internal, labelOf, own, stage, useOvs } from '../../../test/support/ovs-stage.ts';
import { until } from '../../../test/support/until.ts';

useOvs();

/** Waits until a change of a port with that label is told. */
const told = (name: string) =>
  until(`a change of ${name} is told`, () =>
    stage.changes.some(({ labels, ports }) => ports.includes(name) && labels.includes(labelOf(name))),
  );

test('a change by hand is told with names and labels, and can be seen then', async () => {
  const { driver, daemons, changes } = stage;
  await driver.attachPorts([internal('p1', 5)]);
  changes.length = 0;
  daemons.vsctl('set', 'port', 'p1', 'tag=6');
  await told('p1');
  expect((await driver.view()).bridges[0]?.ports[1]).toMatchObject({ name: 'p1', tag: 6 });
  await driver.setTag({ ...own('p1'), tag: 5 });
  expect(daemons.vsctl('get', 'port', 'p1', 'tag')).toBe('5');

  // Of a row that is gone, or has no label any more, the label that it had.
  changes.length = 0;
  daemons.vsctl('remove', 'port', 'p1', 'external_ids', 'weft');
  await told('p1');
  daemons.vsctl('set', 'port', 'p1', 'external_ids:weft="weft:test/p1"');
  changes.length = 0;
  daemons.vsctl('del-port', 'p1');
  await told('p1');
  expect((await driver.view()).bridges[0]?.ports.map(({ name }) => name)).toEqual(['b0']);
});

test('a bridge that was replaced is told, and its ports are attached to the new one', async () => {
  const { driver, daemons, changes } = stage;
  await driver.attachPorts([internal('p1', 5)]);
  changes.length = 0;
  daemons.vsctl('del-br', 'b0', '--', 'add-br', 'b0', '--', 'set', 'bridge', 'b0', 'datapath_type=netdev');
  await until('a change of b0 is told', () => changes.some(({ bridges }) => bridges.includes('b0')));
  await driver.attachPorts([internal('p1', 5)]);
  expect(daemons.vsctl('list-ports', 'b0')).toBe('p1');
});

test('statistics and counters of configurations are not told', async () => {
  const { daemons, changes, driver } = stage;
  await driver.view();
  changes.length = 0;
  daemons.vsctl('set', 'Open_vSwitch', '.', 'external_ids:unrelated=1');
  await driver.view();
  expect(changes).toEqual([]);
});
