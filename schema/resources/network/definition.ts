import type { ResourceDefinition } from '../definition.ts';
import { takeBackNetworks } from './rollback.ts';

/** Containers, CENs and memberships. A removal that failed stays wanted, and a repair is tried again. */
export const networkDefinition: ResourceDefinition = {
  name: 'network',
  technology: 'netns',
  operations: {
    'container.create': { onFailure: 'undo' },
    'container.delete': { onFailure: 'repair' },
    'container.repair': { onFailure: 'repair' },
    'cen.import': { onFailure: 'undo' },
    'cen.make': { onFailure: 'undo' },
    'cen.destroy': { onFailure: 'repair' },
    'cen.delete': { onFailure: 'repair' },
    'cen.join': { onFailure: 'undo' },
    'cen.leave': { onFailure: 'repair' },
    'cen.repair': { onFailure: 'repair' },
    'network.sweep': { onFailure: 'repair' },
  },
  repair: (subject) => (subject.includes('/cens/') ? 'cen.repair' : 'container.repair'),
  sweep: 'network.sweep',
  rollback: takeBackNetworks,
};
