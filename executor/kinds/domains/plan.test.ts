import { describe, expect, it } from 'vitest';
import {
  foundDomain,
  ID,
  kept,
  observedDomains,
  places,
  wantedDomain,
} from '../../../test/support/domains/observed.ts';
import type { AbsentDomain, DesiredDomain, DomainStep, WantedPower } from './desired.ts';
import type { ObservedDomains } from './observed.ts';
import { planDomain } from './plan.ts';

const GB = 2 ** 30;
const asked = (power: WantedPower['power'], action: 'shutdown' | 'reboot' | 'reset' | null = null): WantedPower => ({
  ...{ is: 'asked', power, action },
});
const created = wantedDomain({ isNew: true, power: asked('running') });
const absent: AbsentDomain = { wanted: 'absent', name: 'web1', id: ID, positions: [0, 1] };
const none = observedDomains({});

const disk = (position: number) => `${ID}-${position}.qcow2`;
const volumes = (...sizes: readonly (number | null)[]): ObservedDomains['volumes'] =>
  new Map(
    sizes.flatMap((size, position) => {
      const described = { name: disk(position), path: '', format: 'qcow2', allocationBytes: 0, backing: null };
      return size === null ? [] : [[disk(position), { ...described, capacityBytes: size * GB }] as const];
    }),
  );

/** The steps, with the volumes that they are about. */
const plan = (desired: DesiredDomain, observed: ObservedDomains) =>
  planDomain(desired, observed, places).map((step: DomainStep) =>
    'volume' in step ? `${step.name} ${step.volume}` : step.name,
  );

describe('a domain that is to be made', () => {
  it('first gets what it stands on', () => {
    expect(plan(created, { ...none, libvirt: 'absent' })).toEqual(['libvirt.setup']);
    expect(plan(created, { ...none, pool: 'absent' })).toEqual(['pool.ensure']);
    expect(plan(created, { ...none, pool: 'inactive' })).toEqual(['pool.ensure']);
  });

  it('then its disks, its definition, and power as asked for', () => {
    const disks = [`volume.create ${disk(0)}`, `volume.create ${disk(1)}`];
    expect(plan(created, none)).toEqual([...disks, 'domain.define', 'domain.start']);
    expect(plan({ ...created, power: asked('shut off') }, none)).toEqual([...disks, 'domain.define']);
  });

  it('keeps disks that an earlier attempt has made, and makes those again that it has not finished', () => {
    expect(plan(created, { ...none, volumes: volumes(8, 4) })).toEqual([
      ...[`volume.delete ${disk(1)}`, `volume.create ${disk(1)}`, 'domain.define', 'domain.start'],
    ]);
  });

  it('has no name of another domain, and no network that is not there', () => {
    const other = foundDomain({ uuid: '0190a000-0000-7000-8000-00000000000b' });
    expect(() => plan(created, observedDomains({ found: [other] }))).toThrow('already exists');
    expect(() => plan(created, { ...none, networks: new Map() })).toThrow('Network lan of libvirt does not exist');
    const stopped = new Map([['lan', { isActive: false, checksumOffload: true }]]);
    expect(() => plan(created, { ...none, networks: stopped })).toThrow('is not active');
  });
});

describe('a domain that is there', () => {
  const at = (state: 'running' | 'shut off' | 'paused', changes: Parameters<typeof foundDomain>[0] = {}) =>
    observedDomains({ found: [foundDomain({ state, ...changes })] });

  it('needs nothing if it is as wanted, also with another generation', () => {
    expect(plan(wantedDomain(), at('running'))).toEqual([]);
    expect(plan(wantedDomain(), at('running', { generation: 1 }))).toEqual([]);
    expect(plan(wantedDomain({ power: kept('shut off') }), at('shut off'))).toEqual([]);
  });

  it('is defined again if its definition differs, or is gone while it runs', () => {
    expect(plan(wantedDomain(), at('running', { memoryKib: 1 }))).toEqual(['domain.define']);
    expect(plan(wantedDomain(), at('running', { isPersistent: false }))).toEqual(['domain.define']);
    expect(plan(wantedDomain(), at('running', { isAutostarted: true }))).toEqual(['domain.autostart']);
  });

  it('is not renamed', () => {
    expect(() => plan(wantedDomain(), at('running', { name: 'other' }))).toThrow('is called other');
  });

  it('keeps the processor that it was made with, and the offload while its network is not known', () => {
    const unknown = new Map([['lan', { isActive: true, checksumOffload: null }]]);
    expect(plan(wantedDomain(), { ...at('running'), accelerator: 'kvm', networks: unknown })).toEqual([]);
    const userspace = new Map([['lan', { isActive: true, checksumOffload: false }]]);
    expect(plan(wantedDomain(), { ...at('running'), networks: userspace })).toEqual(['domain.define']);
  });

  it('is started again after a fault, and not after its guest or a person has ended it', () => {
    const off = (reason: string) => plan(wantedDomain(), at('shut off', { reason }));
    expect([off('crashed'), off('unknown')]).toEqual([['domain.start'], ['domain.start']]);
    expect([off('shutdown'), off('destroyed')]).toEqual([[], []]);
    const leave = wantedDomain({ settings: { onCrash: 'leave', shutdownTimeoutMs: 1 } });
    expect(plan(leave, at('shut off', { reason: 'crashed' }))).toEqual([]);
    expect(plan(wantedDomain(), at('shut off', { reason: 'shutdown', hasRun: false }))).toEqual(['domain.start']);
    expect(plan(wantedDomain(), { ...at('shut off', { reason: 'crashed' }), isHostGoingDown: true })).toEqual([]);
  });

  it('stays as a person has left it: started, suspended, or resumed', () => {
    expect(plan(wantedDomain({ power: kept('shut off') }), at('running'))).toEqual([]);
    expect(plan(wantedDomain(), at('paused', { reason: 'user' }))).toEqual([]);
    expect(plan(wantedDomain({ power: kept('paused') }), at('running'))).toEqual([]);
  });

  it('is not defined again without its disks', () => {
    const lost = observedDomains({ volumes: volumes(8, null) });
    expect(() => plan(wantedDomain(), lost)).toThrow(`there is no volume ${disk(1)}`);
    expect(plan(wantedDomain(), { ...lost, volumes: volumes(8, 99) })).toEqual(['domain.define', 'domain.start']);
    const off = wantedDomain({ power: kept('shut off') });
    expect(plan(off, { ...lost, volumes: volumes(8, 8) })).toEqual(['domain.define']);
  });

  it('is brought into the state that is asked for', () => {
    const to = (power: WantedPower, state: 'running' | 'shut off' | 'paused', ...taken: readonly string[]) =>
      plan(wantedDomain({ power }), { ...at(state), taken: new Set(taken) });
    expect(to(asked('running'), 'shut off')).toEqual(['domain.start']);
    expect(to(asked('running'), 'shut off', 'domain.start')).toEqual([]);
    expect(to(asked('running'), 'paused')).toEqual(['domain.resume']);
    expect(to(asked('running'), 'running')).toEqual([]);
    expect(to(asked('paused'), 'running')).toEqual(['domain.suspend']);
    expect(to(asked('shut off'), 'running')).toEqual(['domain.destroy']);
    expect(to(asked('shut off', 'shutdown'), 'running')).toEqual(['domain.shutdown']);
    expect(to(asked('running', 'reboot'), 'running')).toEqual(['domain.reboot']);
    expect(to(asked('running', 'reboot'), 'running', 'domain.reboot')).toEqual([]);
    expect(to(asked('running', 'reset'), 'running')).toEqual(['domain.reset']);
    expect(() => to(asked('running', 'reboot'), 'shut off')).toThrow('is off by now');
    expect(() => to(asked('paused'), 'shut off')).toThrow('is off by now');
  });
});

describe('a domain that is to be gone', () => {
  const found = foundDomain();

  it('is ended, its definition removed, and the disks that its row names', () => {
    const there = observedDomains({ found: [found], volumes: volumes(8, 8), consoles: new Set([ID]) });
    expect(plan(absent, there)).toEqual([
      ...['domain.destroy', 'domain.undefine', `volume.delete ${disk(0)}`, `volume.delete ${disk(1)}`],
      'console.delete',
    ]);
    expect(plan(absent, none)).toEqual([]);
    expect(plan({ ...absent, id: null }, there)).toEqual([]);
    expect(plan(absent, { ...there, libvirt: 'absent' })).toEqual([]);
  });

  it('without a row loses the disks first that only its definition tells of', () => {
    const there = observedDomains({ found: [found], volumes: volumes(8, 8) });
    expect(plan({ ...absent, positions: [] }, there)).toEqual([
      ...['domain.destroy', `volume.delete ${disk(0)}`, `volume.delete ${disk(1)}`, 'domain.undefine'],
    ]);
  });

  it('keeps no disk in a pool that was stopped', () => {
    expect(plan(absent, { ...none, pool: 'inactive', volumes: new Map([[disk(0), null]]) })).toEqual(['pool.ensure']);
    expect(plan(absent, { ...none, pool: 'inactive' })).toEqual([]);
  });
});

describe('a domain that is adopted', () => {
  const adopted = { wanted: 'as it is', name: 'web1', id: ID } as const;

  it('stays as it is, and libvirtd does not start it by itself', () => {
    expect(plan(adopted, observedDomains({ found: [foundDomain()] }))).toEqual([]);
    expect(plan(adopted, observedDomains({ found: [foundDomain({ isAutostarted: true })] }))).toEqual([
      'domain.autostart',
    ]);
  });

  it('has to be there', () => {
    expect(() => plan(adopted, none)).toThrow('is not on the host any more');
    expect(() => plan({ wanted: 'change of nothing', name: 'web1' }, none)).toThrow('was never made');
  });
});
