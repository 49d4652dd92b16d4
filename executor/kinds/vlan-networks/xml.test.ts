import { expect, test } from 'vitest';
import { type NetworkModel, networkDifferences, networkXml, readNetwork } from './xml.ts';

const model: NetworkModel = {
  uuid: '6a0d9c40-5c3e-4f6a-9d0c-0f6a4b1c2d3e',
  name: 'blue.1',
  owner: 'weft:0f6a/blue',
  generation: 2,
  bridge: 'br-blue',
  vlan: 12,
};

/** What libvirt 9.0 says of an active one. */
const ACTIVE = `<network connections='1'>
  <name>blue.1</name>
  <uuid>6a0d9c40-5c3e-4f6a-9d0c-0f6a4b1c2d3e</uuid>
  <metadata>
    <weft:network xmlns:weft="urn:weft:network:1" owner="weft:0f6a/blue" generation="2"/>
  </metadata>
  <forward mode='bridge'/>
  <bridge name='br-blue'/>
  <vlan>
    <tag id='12'/>
  </vlan>
  <virtualport type='openvswitch'/>
</network>`;

/** As the package of libvirt brings it. */
const FOREIGN = `<network>
  <name>default</name>
  <uuid>0f6a4b1c-5c3e-4f6a-9d0c-6a0d9c402d3e</uuid>
  <forward mode='nat'/>
  <bridge name='virbr0' stp='on' delay='0'/>
  <ip address='192.168.122.1' netmask='255.255.255.0'/>
</network>`;

test('a network is as it was written, and as libvirt says it', () => {
  expect(networkDifferences(model, readNetwork(networkXml(model)))).toEqual([]);
  expect(networkDifferences(model, readNetwork(ACTIVE))).toEqual([]);
});

test.each<[string, Partial<NetworkModel>]>([
  ['name', { name: 'green' }],
  ['owner', { owner: 'weft:0f6a/green' }],
  ['generation', { generation: 1 }],
  ['bridge', { bridge: 'br-green' }],
  ['vlan', { vlan: 13 }],
])('difference of %s', (name, changes) => {
  const found = readNetwork(networkXml({ ...model, ...changes }));
  expect(networkDifferences(model, found).map((difference) => difference.name)).toEqual([name]);
});

test.each([
  ['forward', `<forward mode='bridge'/>`, `<forward mode='nat'/>`],
  ['forward', `<forward mode='bridge'/>`, '<forward/>'],
  ['forward', `<forward mode='bridge'/>`, ''],
  ['virtual port', `<virtualport type='openvswitch'/>`, ''],
  ['vlan', `<tag id='12'/>`, ''],
  ['vlan', `<tag id='12'/>`, `<tag id='12'/><tag id='13'/>`],
  ['vlan', '<vlan>', `<vlan trunk='yes'>`],
  ['owner', 'urn:weft:network:1', 'urn:other'],
])('what a person changes with virsh net-edit: %s: %s to %s', (name, before, after) => {
  const names = networkDifferences(model, readNetwork(ACTIVE.replace(before, after))).map((each) => each.name);
  expect(names).toContain(name);
});

test('a network of others', () => {
  expect(readNetwork(FOREIGN)).toEqual({
    uuid: '0f6a4b1c-5c3e-4f6a-9d0c-6a0d9c402d3e',
    name: 'default',
    owner: null,
    generation: null,
    forward: 'nat',
    bridge: 'virbr0',
    virtualPort: null,
    vlan: null,
  });
});

test('what is no network is malformed', () => {
  expect(() => readNetwork('<domain><name>a</name><uuid>b</uuid></domain>')).toThrow(
    expect.objectContaining({ code: 'malformed' }),
  );
});
