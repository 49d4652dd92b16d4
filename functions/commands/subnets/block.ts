import type { Guard } from '../../operations/command-definition.ts';
import { VersionConflict } from '../../operations/conflict.ts';

/**
 * Aborts the batch if the subnet `:id` was removed or its block is no longer the one that was read, `:read_cidr`:
 * offsets count from the block's first address. The request is then tried again with the current block.
 */
export const blockUnchanged: Guard<unknown> = {
  id: 'other_block',
  holds: 'EXISTS (SELECT 1 FROM subnets WHERE id = :id AND cidr IS :read_cidr)',
  problem: () => new VersionConflict(),
};
