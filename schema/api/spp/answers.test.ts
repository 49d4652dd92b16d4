import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import {
  mirrorBody,
  mirrorBodySchema,
  nfvBody,
  nfvBodySchema,
  pcapBody,
  pcapBodySchema,
  primaryBody,
  primaryBodySchema,
  processesBody,
  processesBodySchema,
  vfBody,
  vfBodySchema,
} from './answers.ts';
import {
  type AttachedPort,
  type MirrorStatus,
  type NfvStatus,
  type PcapStatus,
  type PrimaryStatus,
  processStatusSchema,
  type VfStatus,
} from './status.ts';

const plain = (port: string): AttachedPort => ({ port, vlan: { operation: 'none', id: 0, priority: 0 } });

const vf: VfStatus = {
  type: 'vf',
  clientId: 1,
  masterCore: null,
  ports: { phy: [0, 1], vhost: [0, 1], ring: [0, 1, 2, 3] },
  components: [
    { name: 'forward_0_tx', core: 2, type: 'forward', rx: [plain('ring:0')], tx: [plain('vhost:0')] },
    { name: 'forward_1_rx', core: 5, type: 'forward', rx: [plain('vhost:1')], tx: [plain('ring:3')] },
    { name: 'classifier', core: 6, type: 'classifier', rx: [plain('phy:0')], tx: [plain('ring:0'), plain('ring:2')] },
    { name: 'merger', core: 7, type: 'merge', rx: [plain('ring:1'), plain('ring:3')], tx: [plain('phy:0')] },
  ],
  idleCores: [3, 4],
  classifiers: [{ mac: 'FA:16:3E:7D:CC:35', port: 'ring:0', vlanId: null }],
};

/** The example of the seed, without its one superfluous brace. */
const vfOfSeed =
  '{"client-id":1,"ports":["phy:0","phy:1","vhost:0","vhost:1","ring:0","ring:1","ring:2","ring:3"],"components":[{"core":2,"name":"forward_0_tx","type":"forward","rx_port":[{"port":"ring:0","vlan":{"operation":"none","id":0,"pcp":0}}],"tx_port":[{"port":"vhost:0","vlan":{"operation":"none","id":0,"pcp":0}}]},{"core":3,"type":"unuse"},{"core":4,"type":"unuse"},{"core":5,"name":"forward_1_rx","type":"forward","rx_port":[{"port":"vhost:1","vlan":{"operation":"none","id":0,"pcp":0}}],"tx_port":[{"port":"ring:3","vlan":{"operation":"none","id":0,"pcp":0}}]},{"core":6,"name":"classifier","type":"classifier_mac","rx_port":[{"port":"phy:0","vlan":{"operation":"none","id":0,"pcp":0}}],"tx_port":[{"port":"ring:0","vlan":{"operation":"none","id":0,"pcp":0}},{"port":"ring:2","vlan":{"operation":"none","id":0,"pcp":0}}]},{"core":7,"name":"merger","type":"merge","rx_port":[{"port":"ring:1","vlan":{"operation":"none","id":0,"pcp":0}},{"port":"ring:3","vlan":{"operation":"none","id":0,"pcp":0}}],"tx_port":[{"port":"phy:0","vlan":{"operation":"none","id":0,"pcp":0}}]}],"classifier_table":[{"type":"mac","value":"FA:16:3E:7D:CC:35","port":"ring:0"}]}';

const nfv: NfvStatus = {
  type: 'nfv',
  clientId: 1,
  running: true,
  ports: ['phy:0', 'phy:1', 'vhost:0', 'vhost:1', 'ring:0', 'ring:1', 'ring:2', 'ring:3'],
  patches: [
    { source: 'vhost:0', destination: 'ring:0' },
    { source: 'ring:1', destination: 'vhost:1' },
  ],
  masterCore: 0,
  cores: [0, 1],
};

const nfvOfSeed =
  '{"client-id":1,"status":"Running","ports":["phy:0","phy:1","vhost:0","vhost:1","ring:0","ring:1","ring:2","ring:3"],"patches":[{"src":"vhost:0","dst":"ring:0"},{"src":"ring:1","dst":"vhost:1"}]}';

const mirror: MirrorStatus = {
  type: 'mirror',
  clientId: 3,
  masterCore: 0,
  ports: { phy: ['0', '1'], vhost: [], ring: ['2', '3', '6'] },
  components: [
    { name: 'mir1', core: 5, type: 'mirror', rx: [plain('ring:6')], tx: [plain('ring:2'), plain('ring:3')] },
  ],
  idleCores: [],
  classifiers: [],
};

const mirrorRecorded =
  '{"client-id":3,"ports":["phy:0","phy:1","ring:2","ring:3","ring:6"],"master-lcore":0,"components":[{"core":5,"name":"mir1","type":"mirror","rx_port":[{"port":"ring:6","vlan":{"operation":"none","id":0,"pcp":0}}],"tx_port":[{"port":"ring:2","vlan":{"operation":"none","id":0,"pcp":0}},{"port":"ring:3","vlan":{"operation":"none","id":0,"pcp":0}}]}]}';

const pcap: PcapStatus = {
  type: 'pcap',
  clientId: 4,
  running: true,
  masterCore: 0,
  cores: [
    { core: 6, role: 'receive', ports: ['phy:0'], file: null },
    { core: 7, role: 'write', ports: [], file: '/var/tmp/spp_pcap.phy0.1.1.pcap.lz4' },
  ],
};

const pcapRecorded =
  '{"client-id":4,"status":"running","master-lcore":0,"core":[{"core":6,"role":"receive","rx_port":[{"port":"phy:0"}]},{"core":7,"role":"write","filename":"/var/tmp/spp_pcap.phy0.1.1.pcap.lz4"}]}';

const figures = {
  phy_ports: [{ id: 0, eth: '9e:24:a1:12:87:54', rx: 0, tx: 0, tx_drop: 0 }],
  ring_ports: [{ id: 0, rx: 0, rx_drop: 0, tx: 0, tx_drop: 0 }],
};
const primary: PrimaryStatus = { type: 'primary', figures };

describe('an answer has the members of the documents in their order', () => {
  it.each<[string, unknown, string, v.GenericSchema]>([
    ['vf', vfBody(vf), vfOfSeed, vfBodySchema],
    ['nfv', nfvBody(nfv), nfvOfSeed, nfvBodySchema],
    ['mirror', mirrorBody(mirror), mirrorRecorded, mirrorBodySchema],
    ['pcap', pcapBody(pcap), pcapRecorded, pcapBodySchema],
    ['primary', primaryBody(primary), JSON.stringify(figures), primaryBodySchema],
    ['old primary', primaryBody({ type: 'primary', figures: null }), '{}', primaryBodySchema],
    [
      'processes',
      processesBody([{ type: 'nfv', clientId: 2 }, { type: 'vf', clientId: 1 }, { type: 'primary' }]),
      '[{"type":"primary"},{"type":"vf","client-id":1},{"type":"nfv","client-id":2}]',
      processesBodySchema,
    ],
    ['no processes', processesBody([]), '[]', processesBodySchema],
  ])('%s', (_, body, text, schema) => {
    expect(JSON.stringify(body)).toBe(text);
    expect(v.parse(schema, body)).toEqual(body);
  });
});

it('sorts processes by number', () => {
  const ids = [10, 9, 100, 1];
  const sorted = processesBody(ids.map((clientId) => ({ type: 'vf', clientId })));
  expect(sorted).toEqual([1, 9, 10, 100].map((id) => ({ type: 'vf', 'client-id': id })));
});

describe('a vf', () => {
  it('shows VLAN tags', () => {
    const rx: AttachedPort[] = [{ port: 'ring:2', vlan: { operation: 'add', id: 677, priority: 3 } }];
    const tx: AttachedPort[] = [{ port: 'ring:3', vlan: { operation: 'remove', id: 0, priority: 0 } }];
    const body = vfBody({ ...vf, components: [{ name: 'a', core: 2, type: 'merge', rx, tx }], idleCores: [] });
    expect(body.components).toEqual([
      {
        core: 2,
        name: 'a',
        type: 'merge',
        rx_port: [{ port: 'ring:2', vlan: { operation: 'add', id: 677, pcp: 3 } }],
        tx_port: [{ port: 'ring:3', vlan: { operation: 'del', id: 0, pcp: 0 } }],
      },
    ]);
  });

  it('shows the VLAN id of a classifier, including 0', () => {
    const classifiers = [475, 0].map((vlanId) => ({ mac: 'FA:16:3E:7D:CC:36', port: 'ring:3', vlanId }));
    expect(vfBody({ ...vf, classifiers }).classifier_table).toEqual([
      { type: 'vlan', value: '475/FA:16:3E:7D:CC:36', port: 'ring:3' },
      { type: 'vlan', value: '0/FA:16:3E:7D:CC:36', port: 'ring:3' },
    ]);
  });

  it('may have several components on a core, queues as ports, and components of unknown types', () => {
    const component = (name: string, core: number) => ({ name, core, type: null, rx: [], tx: [] });
    const components = [component('d', 12), component('b', 3), component('a', 3)];
    const body = vfBody({ ...vf, ports: { phy: ['0nq1'], vhost: ['3'], ring: [] }, components, idleCores: [10] });
    expect(body.ports).toEqual(['phy:0nq1', 'vhost:3']);
    expect(body.components).toMatchObject([
      { core: 3, name: 'b', type: 'unknown' },
      { core: 3, name: 'a', type: 'unknown' },
      { core: 10, type: 'unuse' },
      { core: 12, name: 'd', type: 'unknown' },
    ]);
    expect(v.is(vfBodySchema, body)).toBe(true);
  });
});

it('lists idle cores', () => {
  expect(nfvBody({ ...nfv, running: false, ports: [], patches: [] })).toEqual({
    'client-id': 1,
    status: 'Idle',
    ports: [],
    patches: [],
  });
  const cores = [{ core: 7, role: 'write', ports: [], file: null }];
  expect(pcapBody({ ...pcap, running: false, masterCore: null, cores })).toEqual({
    'client-id': 4,
    status: 'idle',
    core: [{ core: 7, role: 'write', filename: '' }],
  });
});

describe('a status that was stored', () => {
  it.each([vf, nfv, mirror, pcap, primary, { type: 'primary', figures: null }])('of a $type is read back', (status) => {
    expect(v.parse(processStatusSchema, JSON.parse(JSON.stringify(status)))).toEqual(status);
  });

  it.each([
    null,
    {},
    { ...vf, type: 'vm' },
    { ...vf, clientId: null },
    { ...vf, components: [{ name: 'a' }] },
    { ...nfv, running: 'running' },
    { ...pcap, cores: null },
    { type: 'primary' },
  ])('%j is not one', (status) => {
    expect(v.safeParse(processStatusSchema, status).success).toBe(false);
  });
});
