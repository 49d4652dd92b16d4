import { VersionConflict } from '../../operations/conflict.ts';
import { type Guard, guard } from '../../operations/guard.ts';

const OTHER_BLOCK = 'other_block';

/**
 * Aborts the batch where a subnet has another block than the one that was read, or is gone: offsets count from its first
 * address. Then the request is to be tried again with the block as it is now.
 */
export function guardBlock(id: string, cidr: string | null): Guard {
  return guard(
    OTHER_BLOCK,
    'EXISTS (SELECT 1 FROM subnets WHERE id = :id AND cidr IS :cidr)',
    { id, cidr },
    () => new VersionConflict(),
  );
}
