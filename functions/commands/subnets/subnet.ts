import type { SubnetInput } from '../../../schema/api/fleet/subnets.ts';
import type { Problem } from '../../../schema/problem.ts';
import { unknownSubnet } from './read.ts';

/** The request of a command on one subnet. */
interface NamesSubnet {
  readonly request: { readonly id: string };
}

export function subnetResource({ request }: NamesSubnet): string {
  return `subnets/${request.id}`;
}

export function missingSubnet({ request }: NamesSubnet): Problem {
  return unknownSubnet(request.id);
}

export function metadataOf({ metadata }: SubnetInput): string | null {
  return metadata === undefined ? null : JSON.stringify(metadata);
}
