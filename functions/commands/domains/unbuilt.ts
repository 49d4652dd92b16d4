import type { HostPost } from '../../../schema/api/compute/hosts.ts';
import { Problem } from '../../../schema/problem.ts';

/** What a request may ask for some day. */
const unbuilt = ['install', 'image', 'user_data', 'ssh_keys'] as const;

/** Throws a 422 that names each member of a request that weft cannot do yet. */
export function refuseUnbuilt(post: HostPost): void {
  const errors = unbuilt
    .filter((name) => post[name] !== undefined && post[name] !== false)
    .map((name) => ({ pointer: `/${name}`, detail: 'is not supported yet' }));
  if (errors.length === 0) return;
  throw new Problem('impossible', `${errors.map(({ pointer }) => pointer).join(', ')} not supported yet`, {
    hint: 'A host without them has empty disks, and boots from the network until one of them can be booted from',
    errors,
  });
}
