import { guard, type Statement } from '../../../schema/database/database.ts';
import { VersionConflict } from '../../operations/conflict.ts';

const OTHER_BLOCK = 'other_block';

/**
 * Aborts the batch where a subnet has another block than the one that was read, or is gone: offsets count from its first
 * address.
 */
export function guardBlock(id: string, cidr: string | null): Statement<never> {
  return guard(OTHER_BLOCK, 'EXISTS (SELECT 1 FROM subnets WHERE id = :id AND cidr IS :cidr)', { id, cidr });
}

/** The request is to be tried again with the block as it is now. */
export function explainBlock({ reason }: { readonly reason: string }): VersionConflict | undefined {
  return reason === OTHER_BLOCK ? new VersionConflict() : undefined;
}
