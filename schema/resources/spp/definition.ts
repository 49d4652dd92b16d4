import { operationKinds, REPLAY } from '../../api/spp/commands.ts';
import type { OperationDefinition, ResourceDefinition } from '../definition.ts';

const UNDO: OperationDefinition = { onFailure: 'undo' };

/** Soft Patch Panel processes, and what was set on them. */
export const sppDefinition: ResourceDefinition = {
  name: 'spp',
  technology: 'spp',
  operations: {
    ...Object.fromEntries(Object.values(operationKinds).map((kind) => [kind, UNDO])),
    [REPLAY]: { onFailure: 'repair' },
  },
  repair: () => REPLAY,
};
