import type { ResourceDefinition } from './definition.ts';

/** The bridges by which a hypervisor is in subnets. */
export const bridgesDefinition: ResourceDefinition = {
  name: 'bridges',
  technology: 'netns',
  operations: { 'subnets.change': { onFailure: 'repair' }, 'bridges.repair': { onFailure: 'repair' } },
  repair: () => 'bridges.repair',
};
