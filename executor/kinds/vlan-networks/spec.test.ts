import { describe, expect, it } from 'vitest';
import { Problem } from '../../../schema/problem.ts';
import type { ClaimedOperation } from '../../../schema/resources/definition.ts';
import type { VlanNetworkRow } from '../../../schema/resources/vlan-networks/rows.ts';
import type { HostNetwork, ObservedNetworks } from './observed.ts';
import { vlanNetworksSpec } from './spec.ts';

const spec = vlanNetworksSpec({ databaseId: 'db', hypervisor: 'h' });
const owner = 'weft:db/hypervisors/h/networks/a';
const UUID = '0190a000-0000-4000-8000-000000000001';

const row: VlanNetworkRow = {
  ...{ id: UUID, name: 'a', bridge: 'br0', vlan: 10, generation: 4, desired: 'present' },
  ...{ state: 'active', autostart: 1, persistent: 1, uuid: UUID },
};
const model = { uuid: UUID, name: 'a', owner, generation: 4, bridge: 'br0', vlan: 10 };
const present = { wanted: 'present', name: 'a', model };
const absent = { wanted: 'absent', name: 'a', uuid: UUID, owner };

const found: HostNetwork = {
  ...model,
  ...{ forward: 'bridge', virtualPort: 'openvswitch', isActive: true, isPersistent: true, isAutostarted: true },
};
const host = (...networks: readonly HostNetwork[]): ObservedNetworks => {
  return { libvirt: 'ready', ovs: 'ready', networks, bridges: new Set(['br0']) };
};

function operation(kind: string, generation = 4, request: object = {}): ClaimedOperation {
  return {
    ...{ sequence: 1, id: 'o', kind: `vlan_network.${kind}`, request: JSON.stringify(request), generation, attempt: 1 },
    ...{ parentId: null, resource: 'hypervisors/h/networks/a', deadlineInMs: 1000, lastError: null, cancelled: 0 },
  };
}

describe('the change of an operation', () => {
  it('is what its own request says, whatever has been requested since', () => {
    const created = spec.change(operation('create', 2, { name: 'a', bridge: 'br9', vlan: 9 }), { name: 'a', row });
    expect(created).toEqual({
      before: absent,
      after: { ...present, model: { ...model, generation: 2, bridge: 'br9', vlan: 9 } },
      total: 1,
    });
    const since = { ...row, desired: 'absent' as const };
    expect(spec.change(operation('create', 2, { bridge: 'br0', vlan: 10 }), { name: 'a', row: since })).toMatchObject({
      after: { wanted: 'present' },
    });
  });

  it('is undone to what was there', () => {
    expect(spec.change(operation('delete', 5), { name: 'a', row })).toEqual({
      before: present,
      after: absent,
      total: 1,
    });
    expect(spec.change(operation('delete', 5), { name: 'a', row: undefined })).toMatchObject({
      after: { wanted: 'absent', uuid: null },
    });
  });

  it('is none for a repair of a network that has changed since', () => {
    expect(spec.change(operation('repair'), { name: 'a', row })).toEqual({ before: present, after: present, total: 1 });
    expect(spec.change(operation('repair', 3), { name: 'a', row })).toBeNull();
    expect(spec.change(operation('repair'), { name: 'a', row: undefined })).toBeNull();
    const removed = { ...row, desired: 'absent' as const };
    expect(spec.change(operation('repair'), { name: 'a', row: removed })).toMatchObject({ after: absent });
  });
});

describe('the row', () => {
  it.each<[string, Partial<VlanNetworkRow>, readonly HostNetwork[], boolean]>([
    ['is as libvirt has it', {}, [found], true],
    ['says that it is inactive', { state: 'inactive' }, [found], false],
    ['says that it is not autostarted', { autostart: 0 }, [found], false],
    ['says that it is transient', { persistent: 0 }, [found], false],
    ['says that it is not there', { uuid: null, state: 'missing', autostart: null, persistent: null }, [found], false],
    ['says that it is there', {}, [], false],
    ['is kept of one that is removed', { desired: 'absent', state: 'degraded' }, [], false],
  ])('that %s', (_words, changed, networks, isUpToDate) => {
    expect(spec.isUpToDate?.({ ...row, ...changed }, host(...networks))).toBe(isUpToDate);
  });
});

describe('the end of an operation', () => {
  const change = spec.change(operation('create', 4, { bridge: 'br0', vlan: 10 }), { name: 'a', row });
  if (change === null) throw new Error('there is a change');

  it('reports what libvirt has', () => {
    expect(spec.end(change, { status: 'succeeded' }, host({ ...found, isAutostarted: false }))).toEqual({
      network: { uuid: UUID, state: 'active', autostart: false, persistent: true },
    });
    expect(spec.end({ ...change, after: change.before }, { status: 'succeeded' }, host())).toEqual({ network: null });
    const error = new Problem('impossible', 'no').toJSON();
    expect(spec.end(change, { status: 'failed', error }, null)).toEqual({ network: null });
  });
});
