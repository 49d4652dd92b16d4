import { expect, it } from 'vitest';
import { technologyOf } from './technologies.ts';

it.each([
  ['container.create', 'netns'],
  ['cen.repair', 'netns'],
  ['network.sweep', 'netns'],
  ['bridges.repair', 'netns'],
  ['subnets.change', 'netns'],
  ['spp.port.add', 'spp'],
  ['image.pull', 'containers'],
  ['vlan_network.create', 'libvirt'],
  ['domain.power', 'libvirt'],
  ['hypervisor.resync', undefined],
  ['subnet.create', undefined],
  ['constructor.x', undefined],
])('%s needs %s', (kind, technology) => {
  expect(technologyOf(kind)).toBe(technology);
});
