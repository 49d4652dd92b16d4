import { describe, expect, it } from 'vitest';
import { Problem } from '../../../schema/problem.ts';
import type { HostNetwork, ObservedNetworks } from './observed.ts';
import { type DesiredNetwork, type NetworkStep, plan } from './plan.ts';

const UUID = '0190a000-0000-4000-8000-000000000001';
const model = { uuid: UUID, name: 'a', owner: 'weft:db/x/networks/a', generation: 3, bridge: 'br0', vlan: 10 };
const present: DesiredNetwork = { wanted: 'present', name: 'a', model };
const absent: DesiredNetwork = { wanted: 'absent', name: 'a', uuid: UUID, owner: model.owner };

const asWanted: HostNetwork = {
  ...model,
  ...{ forward: 'bridge', virtualPort: 'openvswitch', isActive: true, isPersistent: true, isAutostarted: true },
};

function host(...networks: readonly HostNetwork[]): ObservedNetworks {
  return { libvirt: 'ready', ovs: 'ready', networks, bridges: new Set(['br0', 'br1']) };
}

const words = (steps: readonly NetworkStep[]) => steps.map(({ name }) => name);
const steps = (desired: DesiredNetwork, observed: ObservedNetworks) => words(plan(desired, observed));

/** What a step changes in libvirt. */
function take(networks: readonly HostNetwork[], step: NetworkStep): HostNetwork[] {
  const change = (rest: Partial<HostNetwork>) =>
    networks.map((each) => (each.uuid === UUID ? { ...each, ...rest } : each));
  switch (step.name) {
    case 'network.define': {
      const found = networks.some(({ uuid }) => uuid === UUID);
      const made = { ...asWanted, isActive: false, isAutostarted: false };
      return found ? change({ ...step.model, isPersistent: true }) : [...networks, made];
    }
    case 'network.start':
      return change({ isActive: true });
    case 'network.autostart':
      return change({ isAutostarted: true });
    case 'network.destroy':
      return change({ isActive: false }).filter(({ uuid, isPersistent }) => uuid !== UUID || isPersistent);
    case 'network.undefine':
      return networks.filter(({ uuid, isActive }) => uuid !== UUID || isActive);
    default:
      return [...networks];
  }
}

describe('the plan', () => {
  it('defines, starts and autostarts a network, and removes it', () => {
    expect(steps(present, host())).toEqual(['network.define', 'network.start', 'network.autostart']);
    expect(plan(present, host())[0]).toEqual({ name: 'network.define', item: 'a', model });
    expect(steps(present, host(asWanted))).toEqual([]);
    expect(steps(absent, host(asWanted))).toEqual(['network.destroy', 'network.undefine']);
    expect(steps(absent, host())).toEqual([]);
    expect(steps({ ...absent, uuid: null }, host({ ...asWanted, uuid: 'other' }))).toEqual([]);
  });

  it.each<[string, Partial<HostNetwork>, readonly string[]]>([
    ['another tag', { vlan: 11 }, ['network.destroy', 'network.define', 'network.start']],
    ['another bridge', { bridge: 'br1' }, ['network.destroy', 'network.define', 'network.start']],
    ['no label any more', { owner: null, generation: null }, ['network.destroy', 'network.define', 'network.start']],
    ['another tag, and inactive', { vlan: 11, isActive: false }, ['network.define', 'network.start']],
    ['inactive', { isActive: false }, ['network.start']],
    ['not autostarted', { isAutostarted: false }, ['network.autostart']],
    ['both', { isActive: false, isAutostarted: false }, ['network.start', 'network.autostart']],
    ['undefined while active', { isPersistent: false, isAutostarted: false }, ['network.define', 'network.autostart']],
    ['of another generation', { generation: 1 }, []],
    ['of another name, with our label', { name: 'b' }, ['network.destroy', 'network.undefine']],
  ])('repairs one that is %s', (_words, changed, expected) => {
    expect(steps(present, host({ ...asWanted, ...changed }))).toEqual(expected);
  });

  it('reaches the desired state from any step at which it was stopped', () => {
    const found: readonly (readonly HostNetwork[])[] = [
      [],
      [asWanted],
      ...[true, false].flatMap((isActive) =>
        [true, false].flatMap((isPersistent) =>
          [10, 11].map((vlan) => [{ ...asWanted, isActive, isPersistent: isPersistent || !isActive, vlan }]),
        ),
      ),
    ];
    for (const before of found) {
      for (const desired of [present, absent]) {
        const length = plan(desired, host(...before)).length;
        for (let stop = 0; stop <= length; stop += 1) {
          let networks = plan(desired, host(...before))
            .slice(0, stop)
            .reduce(take, [...before]);
          networks = plan(desired, host(...networks)).reduce(take, networks);
          expect(networks).toEqual(desired === present ? [asWanted] : []);
          expect(plan(desired, host(...networks))).toEqual([]);
        }
      }
    }
  });

  it('changes no network of somebody else, whatever its name', () => {
    const foreign = { ...asWanted, uuid: 'theirs', owner: null };
    expect(steps(absent, host(foreign))).toEqual([]);
    expect(problemOf(present, host(foreign))).toMatchObject({
      ...{ status: 409, step: 'network.define' },
      detail: 'Network a of libvirt already exists and was not made by weft: theirs',
    });
    const copied = { ...asWanted, name: 'copy', owner: null };
    expect(steps(absent, host(copied))).toEqual([]);
    expect(steps(present, host(copied))).toEqual(['network.define', 'network.start', 'network.autostart']);
  });

  it('is refused if Open vSwitch has no such bridge, and only when the network is to be defined', () => {
    const none = { ...host(), bridges: new Set<string>() };
    const refused = { status: 422, step: 'network.define', detail: 'Open vSwitch has no bridge br0' };
    expect(problemOf(present, none)).toMatchObject(refused);
    expect(problemOf(present, { ...none, networks: [{ ...asWanted, vlan: 11 }] })).toMatchObject(refused);
    expect(steps(present, { ...none, networks: [{ ...asWanted, isActive: false }] })).toEqual(['network.start']);
    expect(steps(absent, { ...none, networks: [asWanted] })).toEqual(['network.destroy', 'network.undefine']);
  });

  it('defines it if Open vSwitch does not answer, which that step then waits for', () => {
    expect(steps(present, { ...host(), bridges: null })[0]).toBe('network.define');
  });

  it('installs and starts what is missing first', () => {
    for (const libvirt of ['absent', 'stopped'] as const) {
      expect(steps(present, { ...host(), libvirt })).toEqual(['libvirt.setup']);
      expect(steps(present, { ...host(), ovs: libvirt })).toEqual(['ovs.setup']);
      expect(steps(present, { ...host({ ...asWanted, vlan: 11 }), ovs: libvirt })).toEqual(['ovs.setup']);
      expect(steps(present, { ...host(asWanted), ovs: libvirt })).toEqual([]);
    }
    expect(steps(absent, { ...host(), libvirt: 'stopped' })).toEqual(['libvirt.setup']);
    expect(steps(absent, { ...host(), libvirt: 'absent' })).toEqual([]);
  });
});

function problemOf(desired: DesiredNetwork, observed: ObservedNetworks) {
  try {
    plan(desired, observed);
  } catch (error) {
    if (error instanceof Problem) return error.toJSON();
    throw error;
  }
  throw new Error('it was not refused');
}
