import type { Guard } from '../../operations/command-definition.ts';
import { VersionConflict } from '../../operations/conflict.ts';

/**
 * Aborts the batch where the subnet `:id` has another block than the one that was read, `:read_cidr`, or is gone:
 * offsets count from its first address. Then the request is to be tried again with the block as it is now.
 */
export const blockUnchanged: Guard<unknown> = {
  id: 'other_block',
  holds: 'EXISTS (SELECT 1 FROM subnets WHERE id = :id AND cidr IS :read_cidr)',
  problem: () => new VersionConflict(),
};
