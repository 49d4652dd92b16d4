import { describe, expect, test } from 'vitest';
import { encode, type SppCommand } from './commands.ts';
import { SppError } from './errors.ts';
import { shortfall, wouldCrash } from './nfv-effects.ts';
import { type ProcessType, protocolVersionOf } from './protocol-version.ts';
import { parseNfvStatus } from './status-nfv.ts';

const OLD_TEXT = "status: idling\nports: ''";
const JSON_TEXT = '{"client-id":1,"status":"idling","ports":[],"patches":[]}';

const OLD_VF = protocolVersionOf('json', '{ "results": [');
const NEW_VF = protocolVersionOf('json-typed', '{ "results": [');
const OLD_NFV = protocolVersionOf('integer', OLD_TEXT);
const MIDDLE_NFV = protocolVersionOf('integer', JSON_TEXT);
const NEW_NFV = protocolVersionOf('json-typed', JSON_TEXT);
const OLD_PRIMARY = protocolVersionOf('none', 'Server Idling\n');
const NEW_PRIMARY = protocolVersionOf('none', '{"master-lcore":0,"phy_ports":[],"ring_ports":[]}');

function refused(command: SppCommand, type: ProcessType, protocolVersion = NEW_VF): boolean {
  try {
    encode(command, type, protocolVersion);
    return false;
  } catch (error) {
    return error instanceof SppError && error.code === 'invalid';
  }
}

describe('commands are encoded for each protocol version', () => {
  test('a classifying component', () => {
    const command: SppCommand = { kind: 'start-component', name: 'cls1', core: 2, type: 'classifier' };
    expect(encode(command, 'vf', OLD_VF)).toBe('component start cls1 2 classifier_mac');
    expect(encode(command, 'vf', NEW_VF)).toBe('component start cls1 2 classifier');
  });

  test('the port of an nfv', () => {
    const add: SppCommand = { kind: 'add-port', port: 'ring:0' };
    const del: SppCommand = { kind: 'remove-port', port: 'vhost:3' };
    expect([encode(add, 'nfv', OLD_NFV), encode(del, 'nfv', OLD_NFV)]).toEqual(['add ring 0', 'del vhost 3']);
    expect([encode(add, 'nfv', MIDDLE_NFV), encode(del, 'nfv', MIDDLE_NFV)]).toEqual(['add ring:0', 'del vhost:3']);
    expect(encode(add, 'nfv', NEW_NFV)).toBe('add ring:0');
  });

  test('a primary that forwards, and one that does not', () => {
    expect(encode({ kind: 'add-pipe', port: 'pipe:0', rx: 'ring:0', tx: 'ring:1' }, 'primary', NEW_PRIMARY)).toBe(
      'add pipe:0 ring:0 ring:1',
    );
    expect(encode({ kind: 'forward' }, 'primary', NEW_PRIMARY)).toBe('forward');
    expect(encode({ kind: 'clear' }, 'primary', OLD_PRIMARY)).toBe('clear');
    expect(refused({ kind: 'forward' }, 'primary', OLD_PRIMARY)).toBe(true);
  });
});

test('the commands of vf, mirror, nfv and pcap', () => {
  const attach = { kind: 'attach-port', port: 'ring:2', direction: 'tx', component: 'cls1' } as const;
  const classify = { mac: 'FA:16:3E:7D:CC:35', port: 'ring:2', vlanId: null };
  const said: [SppCommand, ProcessType, string][] = [
    [{ kind: 'start-component', name: 'fwd1', core: 3, type: 'forward' }, 'vf', 'component start fwd1 3 forward'],
    [{ kind: 'start-component', name: 'mir1', core: 5, type: 'mirror' }, 'mirror', 'component start mir1 5 mirror'],
    [{ kind: 'stop-component', name: 'fwd1' }, 'vf', 'component stop fwd1'],
    [attach, 'vf', 'port add ring:2 tx cls1'],
    [attach, 'mirror', 'port add ring:2 tx cls1'],
    [{ ...attach, port: 'phy:0nq1' }, 'vf', 'port add phy:0nq1 tx cls1'],
    [
      { ...attach, vlan: { operation: 'add', id: 677, priority: 3 } },
      'vf',
      'port add ring:2 tx cls1 add_vlantag 677 3',
    ],
    [{ ...attach, vlan: { operation: 'remove' } }, 'vf', 'port add ring:2 tx cls1 del_vlantag'],
    [{ ...attach, kind: 'detach-port' }, 'vf', 'port del ring:2 tx cls1'],
    [{ kind: 'add-classifier', ...classify }, 'vf', 'classifier_table add mac FA:16:3E:7D:CC:35 ring:2'],
    [
      { kind: 'remove-classifier', ...classify, vlanId: 475 },
      'vf',
      'classifier_table del vlan 475 FA:16:3E:7D:CC:35 ring:2',
    ],
    [{ kind: 'add-classifier', ...classify, mac: 'default' }, 'vf', 'classifier_table add mac default ring:2'],
    [{ kind: 'patch', source: 'phy:0', destination: 'ring:0' }, 'nfv', 'patch phy:0 ring:0'],
    [{ kind: 'reset-patches' }, 'nfv', 'patch reset'],
    [{ kind: 'stop' }, 'nfv', 'stop'],
    [{ kind: 'start-capture' }, 'pcap', 'start'],
    [{ kind: 'stop-capture' }, 'pcap', 'stop'],
    [{ kind: 'exit' }, 'mirror', 'exit'],
  ];
  for (const [command, type, text] of said) expect(encode(command, type, NEW_VF)).toBe(text);
});

test('fault 12: no blank, control character, NUL or overlong word gets into a command', () => {
  const words = ['a b', 'x\nstatus', '', ' ', 'a\0', 'a\t', 'あ', 'é', 'a;b', 'x'.repeat(111), '\u007f'];
  for (const name of words) {
    expect(refused({ kind: 'stop-component', name }, 'vf'), JSON.stringify(name)).toBe(true);
    expect(refused({ kind: 'start-component', name, core: 1, type: 'merge' }, 'vf')).toBe(true);
    expect(refused({ kind: 'attach-port', port: 'ring:0', direction: 'rx', component: name }, 'vf')).toBe(true);
  }
  expect(refused({ kind: 'stop-component', name: 'x'.repeat(110) }, 'vf')).toBe(false);
  const ports = [
    'ring:0\n',
    'ring: 6 ',
    'ring',
    'ring:',
    ':0',
    'ring:-1',
    'ring:1.5',
    'ring:007',
    'ring:0nq1',
    'eth:0',
    'ring:1e9',
  ];
  for (const port of ports) {
    expect(refused({ kind: 'add-port', port }, 'nfv'), JSON.stringify(port)).toBe(true);
    expect(refused({ kind: 'patch', source: 'ring:0', destination: port }, 'nfv')).toBe(true);
  }
});

test('fault 13: numbers are whole and within the range of the field', () => {
  for (const core of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 1e300]) {
    expect(refused({ kind: 'start-component', name: 'a', core, type: 'merge' }, 'vf'), String(core)).toBe(true);
  }
  const attach = { kind: 'attach-port', port: 'ring:0', direction: 'rx', component: 'a' } as const;
  expect(refused({ ...attach, vlan: { operation: 'add', id: 4_096, priority: 0 } }, 'vf')).toBe(true);
  expect(refused({ ...attach, vlan: { operation: 'add', id: 0, priority: 8 } }, 'vf')).toBe(true);
  expect(refused({ ...attach, vlan: { operation: 'add', id: 4_095, priority: 7 } }, 'vf')).toBe(false);
});

test('a real vf accepts any text as a MAC address; this driver does not', () => {
  for (const mac of ['zz:16:3E:7D:CC:35', '12345', 'FA:16:3E:7D:CC:3', 'FA-16-3E-7D-CC-35', '']) {
    expect(refused({ kind: 'add-classifier', mac, port: 'ring:0', vlanId: null }, 'vf'), mac).toBe(true);
  }
});

test('no process is sent a command that it does not have', () => {
  expect(refused({ kind: 'forward' }, 'vf')).toBe(true);
  expect(refused({ kind: 'stop-component', name: 'a' }, 'nfv')).toBe(true);
  expect(refused({ kind: 'clear' }, 'nfv')).toBe(true);
  expect(refused({ kind: 'add-classifier', mac: 'default', port: 'ring:0', vlanId: null }, 'mirror')).toBe(true);
  expect(refused({ kind: 'start-component', name: 'a', core: 1, type: 'mirror' }, 'vf')).toBe(true);
  expect(refused({ kind: 'start-component', name: 'a', core: 1, type: 'merge' }, 'mirror')).toBe(true);
  const tagged: SppCommand = {
    kind: 'attach-port',
    port: 'ring:0',
    direction: 'rx',
    component: 'a',
    vlan: { operation: 'remove' },
  };
  expect(refused(tagged, 'mirror')).toBe(true);
});

describe('an old nfv', () => {
  const status = parseNfvStatus("status: running\nports: 'phy:0-ring:0,ring:0-null'");
  if (status === null) throw new Error('the status of an nfv is not understood');

  test('is not sent commands that crash it', () => {
    expect(wouldCrash({ kind: 'add-port', port: 'phy:0' }, status)).not.toBe(null);
    expect(wouldCrash({ kind: 'remove-port', port: 'ring:99' }, status)).not.toBe(null);
    expect(wouldCrash({ kind: 'remove-port', port: 'ring:0' }, status)).toBe(null);
    expect(wouldCrash({ kind: 'add-port', port: 'ring:99' }, status)).toBe(null);
  });

  test('shows the effect of commands in its status', () => {
    const done: SppCommand[] = [
      { kind: 'forward' },
      { kind: 'add-port', port: 'ring:0' },
      { kind: 'remove-port', port: 'ring:1' },
      { kind: 'patch', source: 'phy:0', destination: 'ring:0' },
    ];
    const undone: SppCommand[] = [
      { kind: 'stop' },
      { kind: 'add-port', port: 'ring:1' },
      { kind: 'remove-port', port: 'ring:0' },
      { kind: 'patch', source: 'ring:0', destination: 'phy:0' },
      { kind: 'reset-patches' },
    ];
    for (const command of done) expect(shortfall(command, status), command.kind).toBe(null);
    for (const command of undone) expect(shortfall(command, status), command.kind).not.toBe(null);
  });
});
