import type { SubnetInput } from '../../../schema/api/fleet/subnets.ts';
import type { Statement } from '../../../schema/database/database.ts';
import { insertOperation } from '../../operations/intent.ts';
import { none } from '../../operations/targets/target.ts';

export function metadataOf({ metadata }: SubnetInput): string | null {
  return metadata === undefined ? null : JSON.stringify(metadata);
}

export function ofSubnet(
  operation: string,
  kind: string,
  id: string,
  principal: string,
  request: unknown,
  result?: unknown,
): Statement {
  return insertOperation({
    operation,
    kind,
    on: none,
    request,
    principal,
    resource: `subnets/${id}`,
    status: 'succeeded',
    result,
  });
}
