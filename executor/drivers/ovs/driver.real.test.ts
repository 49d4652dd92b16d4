import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ip } from '../../../test/support/netns-workbench.ts';
import { OvsDaemons } from '../../../test/support/ovs-daemons.ts';
import { type OvsDriver, type OvsError, openOvsDriver } from './driver.ts';

/* On ovsdb-server and ovs-vswitchd; ovs-vsctl says what they have. */

const LOCK = 'weft_test_driver';
const label = (name: string) => `weft:test/${name}`;

let daemons: OvsDaemons;
let driver: OvsDriver;

beforeAll(async () => {
  daemons = await OvsDaemons.start();
});

afterAll(() => daemons.close());

beforeEach(async () => {
  driver = await openOvsDriver({ socket: daemons.socket, lock: LOCK });
  await driver.createBridge({ name: 'b0', label: label('b0'), datapath: 'netdev' });
});

afterEach(async () => {
  await driver.close();
  for (const bridge of daemons.vsctl('list-br').split('\n')) daemons.vsctl('--if-exists', 'del-br', bridge);
});

const internal = (port: string, tag: number | null = null, bridge = 'b0') => ({
  ...{ bridge, port, tag, label: label(port), type: 'internal' },
});

/** The OvsError that a call is rejected with. */
async function refusalOf(call: Promise<unknown>): Promise<OvsError> {
  return await call.then(
    () => Promise.reject(new Error('the call was not refused')),
    (error) => error,
  );
}

const portNames = async () => (await driver.view()).bridges.map(({ name, ports }) => [name, ports.map((p) => p.name)]);

describe('bridges', () => {
  test('are made with a label, a datapath type and a hardware address, kept, and deleted', async () => {
    const request = { name: 'b1', label: label('b1'), datapath: 'netdev', mac: '02:00:00:00:00:01' } as const;
    for (let turn = 0; turn < 2; turn += 1) await driver.createBridge(request);
    expect(daemons.vsctl('get', 'bridge', 'b1', 'datapath_type', 'external_ids:weft').split('\n')).toEqual([
      ...['netdev', '"weft:test/b1"'],
    ]);
    expect(ip('link', 'show', 'dev', 'b1')).toContain('02:00:00:00:00:01');
    const { bridges } = await driver.view();
    expect(bridges.map(({ name }) => name)).toEqual(['b0', 'b1']);
    expect(bridges[1]).toMatchObject({ label: 'weft:test/b1', datapath: 'netdev', ports: [{ name: 'b1' }] });
    for (let turn = 0; turn < 2; turn += 1) await driver.deleteBridge({ name: 'b1', label: label('b1') });
    expect(daemons.vsctl('list-br')).toBe('b0');
    expect(ip('link', 'show')).not.toContain('b1:');
  });

  test('that have ports are not deleted', async () => {
    await driver.attachPorts([internal('p1')]);
    const error = await refusalOf(driver.deleteBridge({ name: 'b0', label: label('b0') }));
    expect(error).toMatchObject({ code: 'foreign', message: 'delete bridge b0: it has ports: p1' });
    await driver.detachPorts([{ port: 'p1', label: label('p1') }]);
    await driver.deleteBridge({ name: 'b0', label: label('b0') });
    expect(daemons.vsctl('list-br')).toBe('');
  });
});

describe('ports', () => {
  test('are attached with their tags, kept, changed and detached', async () => {
    for (let turn = 0; turn < 2; turn += 1) await driver.attachPorts([internal('p1', 7), internal('p2')]);
    expect(daemons.vsctl('list-ports', 'b0')).toBe('p1\np2');
    expect(daemons.vsctl('get', 'port', 'p1', 'tag', 'external_ids:weft')).toBe('7\n"weft:test/p1"');
    expect((await driver.view()).bridges[0]?.ports[1]).toEqual({
      ...{ name: 'p1', label: 'weft:test/p1', tag: 7, externalIds: { weft: 'weft:test/p1' } },
      interfaces: [
        { name: 'p1', type: 'internal', ofport: expect.any(Number), error: null, linkState: 'down', externalIds: {} },
      ],
    });
    await driver.attachPorts([internal('p1', 8)]);
    expect(daemons.vsctl('get', 'port', 'p1', 'tag')).toBe('8');
    await driver.setTag({ port: 'p1', label: label('p1'), tag: null });
    expect(daemons.vsctl('get', 'port', 'p1', 'tag')).toBe('[]');
    await driver.createBridge({ name: 'b1', label: label('b1'), datapath: 'netdev' });
    await driver.attachPorts([internal('p1', 9, 'b1')]);
    expect(await portNames()).toEqual([
      ['b0', ['b0', 'p2']],
      ['b1', ['b1', 'p1']],
    ]);
    const both = ['p1', 'p2'].map((port) => ({ port, label: label(port) }));
    for (let turn = 0; turn < 2; turn += 1) await driver.detachPorts(both);
    expect(await portNames()).toEqual([
      ['b0', ['b0']],
      ['b1', ['b1']],
    ]);
    expect(ip('link', 'show')).not.toMatch(/p[12]:/);
  });

  test('that cannot be made are named with the words of Open vSwitch and detached; the others stay', async () => {
    const absent = { bridge: 'b0', port: 'absent', label: label('absent') };
    const error = await refusalOf(driver.attachPorts([internal('p1'), absent, internal('p2')]));
    const words = 'could not open network device absent (No such device)';
    expect(error).toMatchObject({ code: 'refused', transient: false, failures: [{ name: 'absent', error: words }] });
    expect(error.message).toBe(`attach 3 ports: absent: ${words}`);
    expect(daemons.vsctl('list-ports', 'b0')).toBe('p1\np2');
  });

  test('need an existing bridge', async () => {
    const error = await refusalOf(driver.attachPorts([internal('p1', 1, 'none')]));
    expect(error).toMatchObject({ code: 'missing', message: 'attach port p1: there is no bridge none' });
  });
});
