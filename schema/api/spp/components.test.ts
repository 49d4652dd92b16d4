import { describe, expect, it } from 'vitest';
import { problemOf } from '../../../test/support/problems.ts';
import { check, read } from '../../../test/support/spp-requests.ts';
import { classifierChange, componentPort, componentStart, mirrorPort, mirrorStart } from './components.ts';
import type { RequestRules } from './request.ts';

const rules = { componentStart, componentPort, classifierChange, mirrorStart, mirrorPort } satisfies Record<
  string,
  RequestRules
>;
type Name = keyof typeof rules;

const untagged = { operation: 'none' };
const mac = 'FA:16:3E:7D:CC:35';

describe('a valid request has a normal form', () => {
  it.each<[Name, string, unknown]>([
    // The examples of the seed.
    [
      'componentStart',
      '{"core": 2, "name": "forward_0_tx", "type": "forward"}',
      { name: 'forward_0_tx', core: 2, type: 'forward' },
    ],
    [
      'componentStart',
      '{"name": "forwarder1", "core": 12, "type": "forward"}',
      { name: 'forwarder1', core: 12, type: 'forward' },
    ],
    [
      'componentPort',
      '{"action": "attach", "port": "vhost:1", "dir": "rx",\n"vlan": {"operation": "add", "id": 677, "pcp": 0}\n}',
      { action: 'attach', port: 'vhost:1', dir: 'rx', vlan: { operation: 'add', id: 677, pcp: 0 } },
    ],
    [
      'componentPort',
      '{"action": "detach", "port": "vhost:0", "dir": "tx"}',
      { action: 'detach', port: 'vhost:0', dir: 'tx' },
    ],
    [
      'classifierChange',
      '{"action": "add", "type": "mac",\n"mac_address": "FA:16:3E:7D:CC:35", "port": "ring:0"\n}',
      { action: 'add', type: 'mac', vlan: null, mac_address: mac, port: 'ring:0' },
    ],
    [
      'classifierChange',
      '{"action": "del", "type": "vlan", "vlan": 475,\n"mac_address": "FA:16:3E:7D:CC:35", "port": "ring:0"\n}',
      { action: 'del', type: 'vlan', vlan: 475, mac_address: mac, port: 'ring:0' },
    ],

    // Recorded requests.
    [
      'componentStart',
      '{"name":"cls1","core":2,"type":"classifier_mac"}',
      { name: 'cls1', core: 2, type: 'classifier' },
    ],
    ['componentStart', '{"name":"bad7","core":3,"type":"classifier"}', { name: 'bad7', core: 3, type: 'classifier' }],
    ['componentStart', '{"name":"mrg1","core":4,"type":"merge"}', { name: 'mrg1', core: 4, type: 'merge' }],
    ['componentStart', '{"name":"bad3","core":128,"type":"forward"}', { name: 'bad3', core: 128, type: 'forward' }],
    [
      'componentPort',
      '{"action":"attach","port":"ring:3","dir":"tx","vlan":{"operation":"del"}}',
      { action: 'attach', port: 'ring:3', dir: 'tx', vlan: { operation: 'del' } },
    ],
    [
      'componentPort',
      '{"action":"attach","port":"ring:4","dir":"rx","vlan":{"operation":"none"}}',
      { action: 'attach', port: 'ring:4', dir: 'rx', vlan: untagged },
    ],
    [
      'componentPort',
      '{"action":"attach","port":"vhost:3","dir":"rx"}',
      { action: 'attach', port: 'vhost:3', dir: 'rx', vlan: untagged },
    ],
    [
      'componentPort',
      '{"action":"attach","port":"ring:6","dir":"rx","vlan":{"operation":"add","id":4095,"pcp":7}}',
      { action: 'attach', port: 'ring:6', dir: 'rx', vlan: { operation: 'add', id: 4095, pcp: 7 } },
    ],
    [
      'classifierChange',
      '{"action":"add","type":"mac","mac_address":"fa163e7dcc35","port":"ring:2"}',
      { action: 'add', type: 'mac', vlan: null, mac_address: mac, port: 'ring:2' },
    ],
    [
      'classifierChange',
      '{"action":"add","type":"mac","mac_address":"fa-16-3e-7d-cc-35","port":"ring:2"}',
      { action: 'add', type: 'mac', vlan: null, mac_address: mac, port: 'ring:2' },
    ],
    [
      'classifierChange',
      '{"action":"add","type":"mac","mac_address":"default","port":"ring:2"}',
      { action: 'add', type: 'mac', vlan: null, mac_address: 'default', port: 'ring:2' },
    ],
    ['mirrorStart', '{"name":"mir1","core":5,"type":"mirror"}', { name: 'mir1', core: 5, type: 'mirror' }],
    ['mirrorPort', '{"action":"attach","port":"ring:6","dir":"rx"}', { action: 'attach', port: 'ring:6', dir: 'rx' }],
    ['mirrorPort', '{"action":"detach","port":"ring:3","dir":"tx"}', { action: 'detach', port: 'ring:3', dir: 'tx' }],

    // Alternative spellings, and omitted members.
    [
      'componentPort',
      '{"action":"attach","port":"ring:007","dir":"rx","vlan":null}',
      { action: 'attach', port: 'ring:7', dir: 'rx', vlan: untagged },
    ],
    [
      'componentPort',
      '{"action":"detach","port":"ring:7","dir":"rx","vlan":"of no matter"}',
      { action: 'detach', port: 'ring:7', dir: 'rx' },
    ],
    [
      'classifierChange',
      '{"action":"add","type":"mac","vlan":null,"mac_address":"fa16.3e7d.cc35","port":"ring:2"}',
      { action: 'add', type: 'mac', vlan: null, mac_address: mac, port: 'ring:2' },
    ],
    [
      'mirrorPort',
      '{"action":"attach","port":"ring:6","dir":"rx","vlan":{"operation":"none","id":0,"pcp":0}}',
      { action: 'attach', port: 'ring:6', dir: 'rx' },
    ],
    [
      'mirrorStart',
      '{"core":5,"name":"mir1","type":"mirror","rx_port":[],"tx_port":[]}',
      { name: 'mir1', core: 5, type: 'mirror' },
    ],
  ])('%s %s', (name, text, normal) => {
    const { value, ignored } = read(rules[name], text);
    expect(value).toEqual(normal);
    expect(ignored).toEqual([]);
    expect(check(rules[name], JSON.parse(JSON.stringify(value))).value).toEqual(normal);
  });
});

/** Requests that the old controllers answered with 500 or 204, except where the text is theirs. */
const refusals: [Name, string, string][] = [
  // Recorded refusals, of 2018.
  ['componentStart', '{"name":"bad6","core":"3","type":"forward"}', 'invalid key(core): 3.'],
  ['componentStart', '{"core":3,"type":"forward"}', 'key(name) required.'],
  ['componentStart', 'not json', 'Not in json format.'],
  ['componentStart', '', 'Not in json format.'],
  ['componentStart', '[]', 'key(name) required.'],
  ['componentPort', '{"action":"attach","port":"eth:0","dir":"rx"}', 'invalid key(port): eth:0.'],
  ['componentPort', '{"action":"attach","port":"ring:-1","dir":"rx"}', 'invalid key(port): ring:-1.'],
  [
    'componentPort',
    '{"action":"attach","port":"ring:6","dir":"rx","vlan":{"operation":"add","id":"5","pcp":"0"}}',
    'invalid key(vlan): {"operation":"add","id":"5","pcp":"0"}.',
  ],
  [
    'componentPort',
    '{"action":"attach","port":"ring:6","dir":"rx","vlan":{"operation":"add","id":5000,"pcp":0}}',
    'invalid key(vlan): {"operation":"add","id":5000,"pcp":0}.',
  ],
  [
    'componentPort',
    '{"action":"attach","port":"ring:6","dir":"rx","vlan":{"operation":"add","id":4094,"pcp":9}}',
    'invalid key(vlan): {"operation":"add","id":4094,"pcp":9}.',
  ],
  [
    'classifierChange',
    '{"action":"add","type":"mac","mac_address":"12345","port":"ring:2"}',
    'invalid key(mac_address): 12345.',
  ],
  [
    'classifierChange',
    '{"action":"add","type":"vlan","vlan":5000,"mac_address":"FA:16:3E:7D:CC:38","port":"ring:3"}',
    'invalid key(vlan): 5000.',
  ],
  [
    'classifierChange',
    '{"action":"add","type":"vlan","mac_address":"FA:16:3E:7D:CC:38","port":"ring:3"}',
    'invalid key(vlan): null.',
  ],

  // Recorded refusals, of 2020.
  ['componentStart', '{"name":"bad8","core":3,"type":"mirror"}', 'invalid key(type): mirror.'],
  ['componentStart', '"x"', 'key(name) required.'],
  ['componentPort', '{"action":"attach","port":"ring","dir":"rx"}', 'invalid key(port): ring.'],
  ['componentPort', '{"action":"attach","port":5,"dir":"rx"}', 'invalid key(port): 5.'],
  ['componentPort', '{"action":"attach","port":"ring:6","dir":"up"}', 'invalid key(dir): up.'],
  ['componentPort', '{"action":"move","port":"ring:6","dir":"rx"}', 'invalid key(action): move.'],
  [
    'componentPort',
    '{"action":"attach","port":"ring:6","dir":"rx","vlan":{"operation":"add"}}',
    'invalid key(vlan): {"operation":"add"}.',
  ],
  [
    'classifierChange',
    '{"action":"add","type":"mac","mac_address":"zz:16:3E:7D:CC:35","port":"ring:3"}',
    'invalid key(mac_address): zz:16:3E:7D:CC:35.',
  ],
  ['mirrorStart', '{"name":"mir2","core":5,"type":"forward"}', 'invalid key(type): forward.'],

  // Requests that the old controllers accepted or crashed on.
  ['componentStart', 'null', 'key(name) required.'],
  ['componentStart', '["name","core","type"]', 'key(name) required.'],
  ['componentStart', '"name core type"', 'key(name) required.'],
  ['componentStart', '7', 'key(name) required.'],
  ['componentStart', '1.5', 'key(name) required.'],
  ['componentStart', 'true', 'key(name) required.'],
  ['componentStart', '{"name":"a b","core":3,"type":"forward"}', 'invalid key(name): a b.'],
  ['componentStart', '{"name":"x\\nstatus","core":3,"type":"forward"}', 'invalid key(name): x\nstatus.'],
  ['componentStart', '{"name":"a;b","core":3,"type":"forward"}', 'invalid key(name): a;b.'],
  ['componentStart', '{"name":"","core":3,"type":"forward"}', 'invalid key(name): .'],
  ['componentStart', '{"name":"あ","core":3,"type":"forward"}', 'invalid key(name): あ.'],
  [
    'componentStart',
    '{"name":"a123456789b123456789c123456789d1","core":3,"type":"forward"}',
    'invalid key(name): a123456789b123456789c123456789d1.',
  ],
  ['componentStart', '{"name":null,"core":3,"type":"forward"}', 'invalid key(name): null.'],
  ['componentStart', '{"name":7,"core":3,"type":"forward"}', 'invalid key(name): 7.'],
  ['componentStart', '{"name":{"a":1},"core":3,"type":"forward"}', 'invalid key(name): {"a":1}.'],
  ['componentStart', '{"name":"a","core":true,"type":"forward"}', 'invalid key(core): true.'],
  ['componentStart', '{"name":"a","core":null,"type":"forward"}', 'invalid key(core): null.'],
  ['componentStart', '{"name":"a","core":-1,"type":"forward"}', 'invalid key(core): -1.'],
  ['componentStart', '{"name":"a","core":1.9,"type":"forward"}', 'invalid key(core): 1.9.'],
  ['componentStart', '{"name":"a","core":1.0,"type":"forward"}', 'invalid key(core): 1.0.'],
  ['componentStart', '{"name":"a","core":1e2,"type":"forward"}', 'invalid key(core): 1e2.'],
  ['componentStart', '{"name":"a","core":1E2,"type":"forward"}', 'invalid key(core): 1E2.'],
  ['componentStart', '{"name":"a","core":1E400,"type":"forward"}', 'invalid key(core): 1E400.'],
  ['componentStart', '{"name":"a","core":9007199254740993,"type":"forward"}', 'invalid key(core): 9007199254740993.'],
  ['componentStart', '{"name":"a","core":NaN,"type":"forward"}', 'Not in json format.'],
  ['componentStart', '{"name":"a","core":Infinity,"type":"forward"}', 'Not in json format.'],
  ['componentStart', '{"name":"a","core":[3],"type":"forward"}', 'invalid key(core): [3].'],
  ['componentStart', '{"name":"a","core":3,"type":"Forward"}', 'invalid key(type): Forward.'],
  ['componentStart', '{"name":"a","core":3,"type":null}', 'invalid key(type): null.'],
  ['componentStart', '{"name":"a","core":3,"type":["forward"]}', 'invalid key(type): ["forward"].'],
  ['componentPort', '{"action":"attach","port":"ring:0\\n","dir":"rx"}', 'invalid key(port): ring:0\n.'],
  ['componentPort', '{"action":"attach","port":"ring: 6 ","dir":"rx"}', 'invalid key(port): ring: 6 .'],
  ['componentPort', '{"action":"detach","port":"ring:1_0","dir":"rx"}', 'invalid key(port): ring:1_0.'],
  ['componentPort', '{"action":"attach","port":"ring:0","dir":"rx","vlan":0}', 'invalid key(vlan): 0.'],
  ['componentPort', '{"action":"attach","port":"ring:0","dir":"rx","vlan":false}', 'invalid key(vlan): false.'],
  ['componentPort', '{"action":"attach","port":"ring:0","dir":"rx","vlan":[]}', 'invalid key(vlan): [].'],
  ['componentPort', '{"action":"attach","port":"ring:0","dir":"rx","vlan":"none"}', 'invalid key(vlan): none.'],
  [
    'componentPort',
    '{"action":"attach","port":"ring:0","dir":"rx","vlan":{"operation":"add","id":1.9,"pcp":0}}',
    'invalid key(vlan): {"operation":"add","id":1.9,"pcp":0}.',
  ],
  [
    'componentPort',
    '{"action":"attach","port":"ring:0","dir":"rx","vlan":{"operation":"add","id":true,"pcp":0}}',
    'invalid key(vlan): {"operation":"add","id":true,"pcp":0}.',
  ],
  [
    'classifierChange',
    '{"action":"add","type":"vlan","vlan":"12","mac_address":"FA:16:3E:7D:CC:38","port":"ring:3"}',
    'invalid key(vlan): 12.',
  ],
  [
    'classifierChange',
    '{"action":"add","type":"vlan","vlan":true,"mac_address":"FA:16:3E:7D:CC:38","port":"ring:3"}',
    'invalid key(vlan): true.',
  ],
  [
    'classifierChange',
    '{"action":"add","type":"vlan","vlan":1.9,"mac_address":"FA:16:3E:7D:CC:38","port":"ring:3"}',
    'invalid key(vlan): 1.9.',
  ],
  [
    'classifierChange',
    '{"action":"add","type":"vlan","vlan":null,"mac_address":"FA:16:3E:7D:CC:38","port":"ring:3"}',
    'invalid key(vlan): null.',
  ],
  [
    'classifierChange',
    '{"action":"add","type":"mac","vlan":475,"mac_address":"FA:16:3E:7D:CC:38","port":"ring:3"}',
    'invalid key(vlan): 475.',
  ],
  ['classifierChange', '{"action":"add","type":"mac","mac_address":1,"port":"ring:3"}', 'invalid key(mac_address): 1.'],
  ['classifierChange', '{"action":"set","type":"mac","mac_address":1,"port":"ring:3"}', 'invalid key(action): set.'],
  [
    'mirrorPort',
    '{"action":"attach","port":"ring:1","dir":"rx","vlan":{"operation":"del"}}',
    'invalid key(vlan): {"operation":"del"}.',
  ],
  ['mirrorPort', '{"action":"attach","port":"ring:1","dir":"rx","speed":1}', 'unknown key(speed).'],
  [
    'mirrorPort',
    '{"action":"attach","port":"ring:1","dir":"rx","vlan":{"operation":"none","x/y":1}}',
    'unknown key(x/y).',
  ],
  ['mirrorStart', '{"name":"mir1","core":5,"type":"mirror","x":0}', 'unknown key(x).'],
];

describe('an invalid request is a 400', () => {
  it.each(refusals)('%s %s', (name, text, message) => {
    const problem = problemOf(() => read(rules[name], text));
    expect(problem.message).toBe(message);
    expect(problem.status).toBe(400);
    expect(problem.errors?.length).toBeGreaterThan(0);
  });
});
