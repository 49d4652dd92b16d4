import { describe, expect, it } from 'vitest';
import type { SettingCommand, SppCommand } from '../../../schema/api/spp/commands.ts';
import type { AttachedPort, NfvStatus, ProcessInfo, ProcessStatus, VfStatus } from '../../drivers/spp/driver.ts';
import { isBlank } from '../../peers/spp-processes.ts';
import type { CommandDesired, SppObserved } from './desired.ts';
import { inOrder, isDone } from './effects.ts';
import { plan } from './plan.ts';

const vf: VfStatus = {
  type: 'vf',
  clientId: 1,
  masterCore: 0,
  ports: { phy: [0], vhost: [], ring: [1] },
  components: [
    {
      name: 'cls',
      core: 2,
      type: 'classifier',
      rx: [],
      tx: [{ port: 'ring:1', vlan: { operation: 'none', id: 0, priority: 0 } }],
    },
  ],
  idleCores: [3],
  classifiers: [{ mac: 'fa:16:3e:7d:cc:35', port: 'ring:1', vlanId: null }],
};
const tagged = (vlan: AttachedPort['vlan'], unknown: Pick<AttachedPort, 'vlanUnknown'> = {}): VfStatus => ({
  ...vf,
  components: vf.components.map((each) => ({ ...each, tx: [{ port: 'ring:1', vlan, ...unknown }] })),
});
const adds7 = tagged({ operation: 'add', id: 7, priority: 3 });
const removes = tagged({ operation: 'remove', id: 0, priority: 0 });
const saysNothing = tagged({ operation: 'none', id: 0, priority: 0 }, { vlanUnknown: true });
const attach: SppCommand = { kind: 'attach-port', port: 'ring:1', direction: 'tx', component: 'cls' };
const nfv: NfvStatus = {
  type: 'nfv',
  clientId: 2,
  running: true,
  ports: ['phy:0', 'ring:0'],
  patches: [
    { source: 'phy:0', destination: 'ring:0' },
    { source: 'ring:0', destination: 'phy:0' },
  ],
  masterCore: null,
  cores: [],
};

function info(status: ProcessStatus): ProcessInfo {
  return {
    key: 1,
    type: status.type,
    protocolVersion: {
      handshake: 'json-typed',
      portSyntax: 'new',
      classifier: 'classifier',
      fragile: false,
      forwardingPrimary: false,
    },
    messageSize: null,
    generation: 1,
    address: '127.0.0.1:1',
    connectedAt: 0,
    status,
  };
}

function observed(status: ProcessStatus | null, given = false): SppObserved {
  const seen = status && { process: 1, info: info(status), stale: false, sent: new Set<string>(), version: 1 };
  return { processes: new Map(seen ? [[1, seen]] : []), given, tried: new Map() };
}

function spec(command: SppCommand, attempt = 1, type: CommandDesired['type'] = 'vf'): CommandDesired {
  return { process: 1, type, command, attempt };
}

const start: SettingCommand = { kind: 'start-component', name: 'cls', core: 2, type: 'classifier' };

describe('the effect of a command', () => {
  it.each<[SppCommand, ProcessStatus, boolean]>([
    [start, vf, true],
    [{ ...start, core: 3 }, vf, false],
    [{ kind: 'stop-component', name: 'cls' }, vf, false],
    [{ kind: 'stop-component', name: 'other' }, vf, true],
    [{ kind: 'attach-port', port: 'ring:1', direction: 'tx', component: 'cls' }, vf, true],
    [{ kind: 'attach-port', port: 'ring:1', direction: 'rx', component: 'cls' }, vf, false],
    [attach, adds7, false],
    [{ ...attach, vlan: { operation: 'add', id: 7, priority: 3 } }, adds7, true],
    [{ ...attach, vlan: { operation: 'add', id: 8, priority: 3 } }, adds7, false],
    [{ ...attach, vlan: { operation: 'add', id: 7, priority: 0 } }, adds7, false],
    [{ ...attach, vlan: { operation: 'remove' } }, adds7, false],
    [{ ...attach, vlan: { operation: 'remove' } }, removes, true],
    [{ ...attach, vlan: { operation: 'remove' } }, vf, false],
    [{ ...attach, vlan: { operation: 'remove' } }, saysNothing, true],
    [{ ...attach, kind: 'detach-port' }, adds7, false],
    [{ kind: 'detach-port', port: 'ring:1', direction: 'tx', component: 'cls' }, vf, false],
    [{ kind: 'add-classifier', mac: 'FA:16:3E:7D:CC:35', port: 'ring:1', vlanId: null }, vf, true],
    [{ kind: 'add-classifier', mac: 'FA:16:3E:7D:CC:35', port: 'ring:1', vlanId: 7 }, vf, false],
    [{ kind: 'remove-classifier', mac: 'FA:16:3E:7D:CC:35', port: 'ring:1', vlanId: null }, vf, false],
    [{ kind: 'forward' }, nfv, true],
    [{ kind: 'stop' }, nfv, false],
    [{ kind: 'add-port', port: 'ring:0' }, nfv, true],
    [{ kind: 'remove-port', port: 'ring:7' }, nfv, true],
    [{ kind: 'patch', source: 'phy:0', destination: 'ring:0' }, nfv, true],
    [{ kind: 'reset-patches' }, nfv, false],
    [{ kind: 'clear' }, { type: 'primary', figures: null }, false],
  ])('%j is visible in a status, or not', (command, status, done) => {
    expect(isDone(command, status)).toBe(done);
  });
});

it.each<[ProcessStatus, boolean]>([
  [vf, false],
  [{ ...vf, components: [], classifiers: [] }, true],
  [nfv, false],
  [{ ...nfv, running: false }, false],
  [{ ...nfv, running: false, patches: [] }, true],
  [{ type: 'primary', figures: null }, false],
])('%j is the status of a process on which nothing is set, or not', (status, blank) => {
  expect(isBlank(status)).toBe(blank);
});

describe('a command', () => {
  it('is sent at the first attempt whatever the status shows: only the process decides what to refuse', () => {
    expect(plan(spec(start), observed(vf)).map(({ command }) => command)).toEqual([start]);
    expect(plan(spec(start), observed(vf, true))).toEqual([]);
  });

  it('is sent again after a kill only if its effect is missing', () => {
    expect(plan(spec(start, 2), observed(vf))).toEqual([]);
    expect(plan(spec({ ...start, name: 'other' }, 2), observed(vf))).toHaveLength(1);
  });

  it('to a process that is not connected is a 404; after a kill the process is awaited for a while', () => {
    const given = (attempt: number) => () => plan(spec(start, attempt), observed(null));
    expect(given(1)).toThrow(expect.objectContaining({ code: 'not_found', message: 'sec_id 1 not found.' }));
    expect(given(2)).toThrow(expect.objectContaining({ transient: true }));
    expect(given(9)).toThrow(expect.objectContaining({ code: 'not_found' }));
    expect(given(1)).toThrow();
    expect(plan(spec({ kind: 'exit' }, 2), observed(null))).toEqual([]);
  });

  it('to drop one patch resets all and sets the others again', () => {
    const drop: SppCommand = { kind: 'drop-patch', source: 'phy:0', destination: 'ring:0' };
    expect(plan(spec(drop, 1, 'nfv'), observed(nfv))).toMatchObject([
      { command: { kind: 'reset-patches' }, last: false },
      { command: { kind: 'patch', source: 'ring:0', destination: 'phy:0' }, last: true },
    ]);
    expect(() => plan(spec({ ...drop, source: 'ring:9' }, 1, 'nfv'), observed(nfv))).toThrow(
      /^command error: there is no patch/,
    );
  });
});

const ofVf = (items: readonly SettingCommand[]) => items.map((command) => ({ type: 'vf', command }) as const);

describe('a replay', () => {
  it('sends nothing that was set on a process of another type with the same id', () => {
    expect(plan({ process: 1, items: [{ type: 'nfv', command: { kind: 'forward' } }] }, observed(vf))).toEqual([]);
  });

  it('sends missing commands, in the order that a process requires', () => {
    const items: SettingCommand[] = [
      { kind: 'add-classifier', mac: 'default', port: 'ring:2', vlanId: null },
      { kind: 'attach-port', port: 'ring:2', direction: 'tx', component: 'new' },
      start,
      { ...start, name: 'new' },
    ];
    const steps = plan({ process: 1, items: ofVf(items) }, observed(vf));
    expect(steps.map(({ command }) => command.kind)).toEqual(['start-component', 'attach-port', 'add-classifier']);
    expect(plan({ process: 1, items: ofVf(items) }, observed(null))).toEqual([]);
  });

  it('has ports before patches, and forwarding last', () => {
    const items: SettingCommand[] = [
      { kind: 'forward' },
      { kind: 'patch', source: 'phy:0', destination: 'ring:0' },
      { kind: 'add-port', port: 'ring:0' },
    ];
    expect(inOrder(items).map(({ kind }) => kind)).toEqual(['add-port', 'patch', 'forward']);
  });

  it('sends no command twice', () => {
    const item: SettingCommand = { ...start, name: 'new' };
    const tried = new Map([[item, 'the process said no']]);
    expect(plan({ process: 1, items: ofVf([item]) }, { ...observed(vf), tried })).toEqual([]);
  });
});
