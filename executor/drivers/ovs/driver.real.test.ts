import { describe, expect, test } from 'vitest';
import { ip } from '../../../test/support/netns-workbench.ts';
import { internal, labelOf, own, portNames, refusalOf, stage, useOvs } from '../../../test/support/ovs-stage.ts';
import { until } from '../../../test/support/until.ts';

/* On ovsdb-server and ovs-vswitchd; ovs-vsctl says what they have. */

useOvs();

describe('bridges', () => {
  test('are made with a label, a datapath type and a hardware address, kept, and deleted', async () => {
    const { driver, daemons } = stage;
    const request = { name: 'b1', label: labelOf('b1'), datapath: 'netdev', mac: '02:00:00:00:00:01' } as const;
    for (let turn = 0; turn < 2; turn += 1) await driver.createBridge(request);
    const made = daemons.vsctl('get', 'bridge', 'b1', 'datapath_type', 'external_ids:weft');
    expect(made.split('\n')).toEqual(['netdev', '"weft:test/b1"']);
    expect(ip('link', 'show', 'dev', 'b1')).toContain('02:00:00:00:00:01');
    const { bridges } = await driver.view();
    expect(bridges.map(({ name }) => name)).toEqual(['b0', 'b1']);
    expect(bridges[1]).toMatchObject({ label: 'weft:test/b1', datapath: 'netdev', ports: [{ name: 'b1' }] });
    await driver.createBridge({ ...request, mac: '02:00:00:00:00:02' });
    expect(ip('link', 'show', 'dev', 'b1')).toContain('02:00:00:00:00:02');
    for (let turn = 0; turn < 2; turn += 1) await driver.deleteBridge({ name: 'b1', label: labelOf('b1') });
    expect(daemons.vsctl('list-br')).toBe('b0');
    expect(ip('link', 'show')).not.toContain(' b1:');
  });

  test('that have ports are not deleted', async () => {
    const { driver, daemons } = stage;
    await driver.attachPorts([internal('p1')]);
    const error = await refusalOf(driver.deleteBridge({ name: 'b0', label: labelOf('b0') }));
    expect(error).toMatchObject({ code: 'foreign', message: 'delete bridge b0: it has ports: p1' });
    await driver.detachPorts([own('p1')]);
    await driver.deleteBridge({ name: 'b0', label: labelOf('b0') });
    expect(daemons.vsctl('list-br')).toBe('');
  });

  test('of a datapath that there is not are removed again', async () => {
    const { driver, daemons } = stage;
    // A type that Open vSwitch does not know, as `system` is none on a kernel without its module.
    const datapath: 'system' = JSON.parse('"nonsense"');
    const error = await refusalOf(driver.createBridge({ name: 'b1', label: labelOf('b1'), datapath }));
    expect(error).toMatchObject({ code: 'refused', failures: [{ name: 'b1' }] });
    expect(daemons.vsctl('list-br')).toBe('b0');
  });
});

describe('ports', () => {
  test('are attached with their tags, kept, changed and detached', async () => {
    const { driver, daemons } = stage;
    for (let turn = 0; turn < 2; turn += 1) await driver.attachPorts([internal('p1', 7), internal('p2')]);
    expect(daemons.vsctl('list-ports', 'b0')).toBe('p1\np2');
    expect(daemons.vsctl('get', 'port', 'p1', 'tag', 'external_ids:weft')).toBe('7\n"weft:test/p1"');
    expect((await driver.view()).bridges[0]?.ports[1]).toEqual({
      ...{ name: 'p1', label: 'weft:test/p1', tag: 7, externalIds: { weft: 'weft:test/p1' } },
      interfaces: [
        {
          ...{ name: 'p1', type: 'internal', ofport: expect.any(Number), error: null, linkState: 'down' },
          ...{ ifindex: expect.any(Number), replaced: false, externalIds: {} },
        },
      ],
    });
    await driver.attachPorts([internal('p1', 8)]);
    expect(daemons.vsctl('get', 'port', 'p1', 'tag')).toBe('8');
    await driver.setTag({ ...own('p1'), tag: null });
    expect(daemons.vsctl('get', 'port', 'p1', 'tag')).toBe('[]');
    await driver.createBridge({ name: 'b1', label: labelOf('b1'), datapath: 'netdev' });
    await driver.attachPorts([internal('p1', 9, 'b1')]);
    expect(await portNames()).toEqual({ b0: ['b0', 'p2'], b1: ['b1', 'p1'] });
    for (let turn = 0; turn < 2; turn += 1) await driver.detachPorts([own('p1'), own('p2')]);
    expect(await portNames()).toEqual({ b0: ['b0'], b1: ['b1'] });
    expect(ip('link', 'show')).not.toMatch(/p[12]:/);
  });

  test('that cannot be made are named with the words of Open vSwitch and detached; the others stay', async () => {
    const { driver, daemons } = stage;
    const absent = { bridge: 'b0', port: 'absent', label: labelOf('absent') };
    const error = await refusalOf(driver.attachPorts([internal('p1'), absent, internal('p2')]));
    const words = 'could not open network device absent (No such device)';
    expect(error).toMatchObject({ code: 'refused', transient: false, failures: [{ name: 'absent', error: words }] });
    expect(error.message).toBe(`attach 3 ports: absent: ${words}`);
    expect(daemons.vsctl('list-ports', 'b0')).toBe('p1\np2');
  });

  test('whose device was replaced are seen, are attached anew, and can be detached without it', async () => {
    const { driver, daemons } = stage;
    const request = { bridge: 'b0', port: 'v1', label: labelOf('v1') };
    const replaced = async () => {
      const ports = (await driver.view()).bridges[0]?.ports ?? [];
      return ports.find(({ name }) => name === 'v1')?.interfaces.map((each) => [each.replaced, each.ifindex === 0]);
    };
    const make = () => ip('link', 'add', 'v1', 'type', 'veth', 'peer', 'name', 'v1p');
    make();
    await driver.attachPorts([request]);
    expect(await replaced()).toEqual([[false, false]]);
    const before = daemons.vsctl('get', 'interface', 'v1', '_uuid', 'ofport');
    await driver.attachPorts([request]);
    expect(daemons.vsctl('get', 'interface', 'v1', '_uuid', 'ofport')).toBe(before);
    ip('link', 'delete', 'v1');
    await until('it is seen to be gone', async () => String(await replaced()) === 'true,true');
    make();
    // Open vSwitch takes it for the one that it has open, and says that all is well.
    await until('it is seen to be another', async () => String(await replaced()) === 'true,false');
    expect(daemons.vsctl('get', 'interface', 'v1', '_uuid', 'ofport')).toBe(before);
    await driver.attachPorts([request]);
    expect(await replaced()).toEqual([[false, false]]);
    expect(daemons.vsctl('get', 'interface', 'v1', '_uuid', 'ofport')).not.toBe(before);
    ip('link', 'delete', 'v1');
    await until('it is seen to be gone', async () => String(await replaced()) === 'true,true');
    const error = await refusalOf(driver.attachPorts([request, internal('p1')]));
    expect(error).toMatchObject({ code: 'refused', failures: [{ name: 'v1' }] });
    expect(daemons.vsctl('list-ports', 'b0')).toBe('p1');
    make();
    await driver.attachPorts([request]);
    ip('link', 'delete', 'v1');
    await driver.detachPorts([own('v1')]);
    expect(daemons.vsctl('list-ports', 'b0')).toBe('p1');
  });

  test('of a device that was away, and is there again, are tried again', async () => {
    const { driver, daemons } = stage;
    daemons.vsctl('--no-wait', 'add-port', 'b0', 'v2', '--', 'set', 'port', 'v2', 'external_ids:weft="weft:test/v2"');
    ip('link', 'add', 'v2', 'type', 'veth', 'peer', 'name', 'v2p');
    await driver.attachPorts([{ bridge: 'b0', port: 'v2', label: labelOf('v2') }]);
    expect(Number(daemons.vsctl('get', 'interface', 'v2', 'ofport'))).toBeGreaterThan(0);
    ip('link', 'delete', 'v2');
  });

  test('need an existing bridge', async () => {
    const error = await refusalOf(stage.driver.attachPorts([internal('p1', 1, 'none')]));
    expect(error).toMatchObject({ code: 'missing', message: 'attach port p1: there is no bridge none' });
    const untagged = await refusalOf(stage.driver.setTag({ ...own('p1'), tag: 1 }));
    expect(untagged).toMatchObject({ code: 'missing', message: 'set the tag of port p1: there is no port p1' });
  });

  test('are attached by the thousand in one transaction', async () => {
    const { driver, daemons } = stage;
    const before = Number(daemons.vsctl('get', 'Open_vSwitch', '.', 'next_cfg'));
    const requests = Array.from({ length: 1_000 }, (_, place) => internal(`t${place}`, 1 + (place % 4_000)));
    await driver.attachPorts(requests);
    expect(Number(daemons.vsctl('get', 'Open_vSwitch', '.', 'next_cfg'))).toBe(before + 1);
    expect(daemons.vsctl('list-ports', 'b0').split('\n')).toHaveLength(1_000);
    const { bridges } = await driver.view();
    const ports = bridges[0]?.ports.filter(({ interfaces }) => (interfaces[0]?.ofport ?? -1) > 0) ?? [];
    expect(ports.map(({ name, tag }) => [name, tag])).toEqual(
      expect.arrayContaining(requests.map(({ port, tag }) => [port, tag])),
    );
    await driver.detachPorts(requests.slice(0, 20));
    expect(daemons.vsctl('list-ports', 'b0').split('\n')).toHaveLength(980);
    // Its devices go with it at once, and take 20 ms each otherwise.
    await daemons.killSwitch();
    daemons.vsctl('--no-wait', 'del-br', 'b0');
  });
});

test('its version is told', async () => {
  expect(await stage.driver.version()).toEqual({ vswitch: null, schema: expect.stringMatching(/^\d+\.\d+\.\d+$/) });
});
