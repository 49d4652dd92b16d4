/** Prefix of a dialect's path that selects the hypervisor. */
export const HYPERVISOR_PREFIX = '/hypervisors/:hypervisor';

export function withoutPrefix(path: string): string {
  return path.replace(/^\/hypervisors\/[^/]+(?=\/)/, '');
}
