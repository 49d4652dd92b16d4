/** In front of a dialect's path: whose it is. */
export const HYPERVISOR_PREFIX = '/hypervisors/:hypervisor';

/** The path without the hypervisor in front of it. */
export function withoutPrefix(path: string): string {
  return path.replace(/^\/hypervisors\/[^/]+(?=\/)/, '');
}
