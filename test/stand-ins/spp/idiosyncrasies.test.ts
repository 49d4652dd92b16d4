import { describe, expect, it } from 'vitest';
import { createMachine, type MachineOptions, type ProcessType } from './machines.ts';
import type { Reply } from './reply.ts';

/* Behaviour that a controller has to handle and that the recording shows once or not at all. */

function session(type: ProcessType, options: Partial<MachineOptions>): (command: string) => string {
  const machine = createMachine(type, { era: 'seed-18.05', clientId: 2, cores: [2, 3], ...options });
  return (command) => {
    const reply: Reply = machine.handle(command);
    return reply.kind === 'answer' ? reply.bytes.toString('latin1').replace(/\0+$/, '') : reply.kind;
  };
}

describe('an old vf', () => {
  it('fails at all changes of a broken component, and at no other, until it is stopped', () => {
    const vf = session('vf', {});
    for (const command of ['component start a 2 forward', 'component start b 3 forward', 'port add ring:0 rx a']) {
      expect(vf(command)).toContain('success');
    }
    expect(vf('port add ring:1 rx a')).toContain('error occur');
    expect(vf('port add ring:2 tx a')).toContain('error occur');
    expect(vf('port add ring:3 rx b')).toContain('success');
    expect(vf('component stop a')).toContain('success');
    expect(vf('component start a 2 forward')).toContain('success');
  });

  it('fails at all changes of anything once a vhost cannot be made', () => {
    const vf = session('vf', { staleVhosts: [3] });
    vf('component start a 2 forward');
    expect(vf('port add vhost:3 rx a')).toContain('error occur');
    expect(vf('component stop a')).toContain('error occur');
    expect(vf('component start b 3 merge')).toContain('error occur');
    expect(vf('status')).toContain('"name": "a"');
  });

  it('hangs at a component on its main core, and at one without a core', () => {
    expect(session('vf', {})('component start a 0 forward')).toBe('hang');
    expect(session('vf', {})('component start a')).toBe('hang');
  });

  it.each(['', ' '])('crashes at the blank command "%s"', (blank) => {
    expect(session('vf', {})(blank)).toBe('crash');
    expect(session('primary', {})(blank)).toBe('crash');
  });

  it('keeps the VLAN of a port over the end of its component', () => {
    const vf = session('vf', {});
    vf('component start a 2 forward');
    vf('port add ring:0 rx a add_vlantag 5 6');
    vf('component stop a');
    vf('component start a 2 forward');
    vf('port add ring:0 rx a');
    expect(vf('status')).toContain('"vlan": { "operation": "add", "id": 5, "pcp": 6 }');
  });
});

describe('an nfv', () => {
  it('of 2018 loses with a port the patch to it', () => {
    const nfv = session('nfv', {});
    for (const command of ['add ring 0', 'patch phy:0 ring:0', 'del ring 0']) nfv(command);
    expect(nfv('status')).toBe("status: idling\nports: 'phy:0-null,phy:1-null'");
  });

  it('of 2018 does not show failed commands in its status', () => {
    const nfv = session('nfv', { staleVhosts: [1] });
    for (const command of ['add ring 8', 'add vhost 1', 'add ring x', 'patch phy:0 ring:8']) nfv(command);
    expect(nfv('status')).toBe("status: idling\nports: 'phy:0-null,phy:1-null'");
  });

  it('of 2020 stops when a port is removed from it', () => {
    const nfv = session('nfv', { era: '2020' });
    for (const command of ['add ring:0', 'forward', 'del ring:0']) nfv(command);
    expect(JSON.parse(nfv('status'))).toMatchObject({ status: 'idling', ports: ['phy:0', 'phy:1'] });
  });

  it('without ports reports that in its own format', () => {
    expect(session('nfv', { phyPorts: 0 })('status')).toBe("status: idling\nports: ''");
  });
});

it('there was no mirror and no pcap in the old eras', () => {
  expect(() => createMachine('mirror', { era: '2018-10', clientId: 1 })).toThrow('there was no mirror');
  expect(() => createMachine('pcap', { era: 'seed-18.05', clientId: 1 })).toThrow('there was no pcap');
});
