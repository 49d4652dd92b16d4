import { describe, expect, test } from 'vitest';
import { parseStatus } from './status.ts';

const VF_2018 =
  '{ "results": [ { "result": "success" } ], "info": { "client-id": 2, "phy": [ 0, 1 ], "vhost": [  ], "ring": [ 2, 3, 6 ], "core": [ { "core": 2, "name": "cls1", "type": "classifier_mac", "rx_port": [ { "port": "ring:6", "vlan": { "operation": "none", "id": 0, "pcp": 0 } } ], "tx_port": [ { "port": "ring:2", "vlan": { "operation": "add", "id": 677, "pcp": 3 } }, { "port": "ring:3", "vlan": { "operation": "del", "id": 0, "pcp": 0 } } ] }, { "core": 3, "type": "unuse" }, { "core": 4, "type": "unuse" } ], "classifier_table": [ { "type": "vlan", "value": "475/FA:16:3E:7D:CC:36", "port": "ring:3" }, { "type": "mac", "value": "FA:16:3E:7D:CC:35", "port": "ring:2" } ] } }';
const VF_2020 =
  '{ "results": [ { "result": "success" } ], "info": { "client-id": 2, "phy": [ "0", "0nq1" ], "vhost": [ "3" ], "ring": [  ], "master-lcore": 0, "core": [ { "core": 3, "name": "fwd2", "type": "forward", "rx_port": [  ], "tx_port": [  ] }, { "core": 3, "name": "cls1", "type": "classifier", "rx_port": [  ], "tx_port": [  ] }, { "core": 4, "type": "unuse" } ], "classifier_table": [  ] } }';
const MIRROR =
  '{ "results": [ { "result": "success" } ], "info": { "client-id": 3, "phy": [ "0", "1" ], "vhost": [  ], "ring": [  ], "master-lcore": 0, "core": [ { "core": 5, "type": "unuse" } ] } }';
const PCAP =
  '{ "results": [ { "result": "success" } ], "info": { "client-id": 4, "status": "running", "master-lcore": 0, "core": [ { "core": 6, "role": "receive", "rx_port": [ { "port": "phy:0" } ] }, { "core": 7, "role": "write", "filename": "/var/tmp/spp_pcap.phy0.1.1.pcap.lz4" } ] } }';
const NFV_2020 =
  '{"client-id":1,"status":"running","master-lcore":0,"lcores":[0,1],"ports":["udf","phy:1","ring:6"],"patches":[{"src":"phy:1","dst":"ring:6"}]}';
const PRIMARY_2018 =
  '{"phy_ports": [{"id": 0, "eth": "9e:24:a1:12:87:54", "rx": 0, "tx": 0, "tx_drop": 0}], "ring_ports": [{"id": 0, "rx": 0, "rx_drop": 0, "tx": 0, "tx_drop": 0}]}';

describe('the status of a vf', () => {
  test('of 2018', () => {
    const untagged = { operation: 'none', id: 0, priority: 0 };
    expect(parseStatus('vf', VF_2018)).toEqual({
      type: 'vf',
      clientId: 2,
      masterCore: null,
      ports: { phy: [0, 1], vhost: [], ring: [2, 3, 6] },
      components: [
        {
          name: 'cls1',
          core: 2,
          type: 'classifier',
          rx: [{ port: 'ring:6', vlan: untagged }],
          tx: [
            { port: 'ring:2', vlan: { operation: 'add', id: 677, priority: 3 } },
            { port: 'ring:3', vlan: { operation: 'remove', id: 0, priority: 0 } },
          ],
        },
      ],
      idleCores: [3, 4],
      classifiers: [
        { mac: 'FA:16:3E:7D:CC:36', port: 'ring:3', vlanId: 475 },
        { mac: 'FA:16:3E:7D:CC:35', port: 'ring:2', vlanId: null },
      ],
    });
  });

  test('of 2020: ports are strings, and components share a core', () => {
    const components = [
      { name: 'fwd2', core: 3, type: 'forward', rx: [], tx: [] },
      { name: 'cls1', core: 3, type: 'classifier', rx: [], tx: [] },
    ];
    const ports = { phy: [0, '0nq1'], vhost: [3], ring: [] };
    expect(parseStatus('vf', VF_2020)).toMatchObject({ masterCore: 0, ports, components, idleCores: [4] });
  });

  test('of a mirror, which has no classifier', () => {
    expect(parseStatus('mirror', MIRROR)).toMatchObject({
      type: 'mirror',
      clientId: 3,
      idleCores: [5],
      classifiers: [],
    });
  });
});

describe('the status of an nfv', () => {
  test('of 2020', () => {
    expect(parseStatus('nfv', NFV_2020)).toEqual({
      type: 'nfv',
      clientId: 1,
      running: true,
      ports: ['phy:1', 'ring:6'],
      patches: [{ source: 'phy:1', destination: 'ring:6' }],
      masterCore: 0,
      cores: [0, 1],
    });
  });

  test('of 18.05, for which the old controller answered {}', () => {
    const text = "status: idling\nports: 'phy:0-ring:0,phy:1-null,ring:0-phy:1,udf-null'";
    const patches = [
      { source: 'phy:0', destination: 'ring:0' },
      { source: 'ring:0', destination: 'phy:1' },
    ];
    const ports = ['phy:0', 'phy:1', 'ring:0'];
    expect(parseStatus('nfv', text)).toMatchObject({ clientId: null, running: false, ports, patches });
    expect(parseStatus('nfv', "status: running\nports: ''")).toMatchObject({ running: true, ports: [], patches: [] });
  });

  test('of 18.02 and before', () => {
    const text =
      'Client ID 1 Running\nclinet_id:1\nport_id:0,on,PHY,outport:2\nport_id:1,on,PHY,outport:none\nport_id:2,on,RING(0),outport:1\nport_id:3,on,VHOST(4),outport:-99\n';
    expect(parseStatus('nfv', text)).toMatchObject({
      clientId: 1,
      running: true,
      ports: ['phy:0', 'phy:1', 'ring:0', 'vhost:4'],
      patches: [
        { source: 'phy:0', destination: 'ring:0' },
        { source: 'ring:0', destination: 'phy:1' },
      ],
    });
    const older = 'Client ID 1 Idling\n1\nport id: 0,on,PHY,outport: -99\nport id: 1,on,PHY,outport: 0\n';
    expect(parseStatus('nfv', older)).toMatchObject({
      running: false,
      ports: ['phy:0', 'phy:1'],
      patches: [{ source: 'phy:1', destination: 'phy:0' }],
    });
  });
});

test('the status of a primary: nothing in 18.05, statistics since', () => {
  expect(parseStatus('primary', 'Server Idling\n')).toEqual({ type: 'primary', figures: null });
  expect(parseStatus('primary', PRIMARY_2018)).toEqual({ type: 'primary', figures: JSON.parse(PRIMARY_2018) });
});

test('the status of a pcap', () => {
  expect(parseStatus('pcap', PCAP)).toEqual({
    type: 'pcap',
    clientId: 4,
    running: true,
    masterCore: 0,
    cores: [
      { core: 6, role: 'receive', ports: ['phy:0'], file: null },
      { core: 7, role: 'write', ports: [], file: '/var/tmp/spp_pcap.phy0.1.1.pcap.lz4' },
    ],
  });
});

test('a status of another type, or a truncated one, is not parsed', () => {
  const texts = { vf: VF_2018, nfv: NFV_2020, primary: PRIMARY_2018, pcap: PCAP };
  const kinds = ['vf', 'nfv', 'primary', 'pcap'] as const;
  for (const kind of kinds) {
    for (const other of kinds)
      expect(parseStatus(kind, texts[other]) !== null, `${other} as ${kind}`).toBe(kind === other);
    for (let end = 0; end < texts[kind].length; end += 1)
      expect(parseStatus(kind, texts[kind].slice(0, end))).toBe(null);
  }
});

test('members of unknown types are omitted', () => {
  const strange =
    '{"info":{"client-id":null,"phy":7,"vhost":[null,{}],"ring":["x"],"core":[3,{},{"core":"2","name":5},{"core":1,"name":"a","type":"b","rx_port":{},"tx_port":[{"port":1},{"port":"ring:1"}]}],"classifier_table":[{"type":"vlan","value":"x","port":"ring:1"},1]}}';
  expect(parseStatus('vf', strange)).toMatchObject({
    clientId: null,
    ports: { phy: [], vhost: [], ring: ['x'] },
    components: [{ name: 'a', core: 1, type: null, rx: [], tx: [{ port: 'ring:1' }] }],
    idleCores: [2],
  });
});
