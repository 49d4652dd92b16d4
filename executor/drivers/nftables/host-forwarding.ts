import { readFileSync, writeFileSync } from 'node:fs';
import { NftablesError } from './errors.ts';

/** ip_forward of ip-sysctl.rst, for all links of the network namespace of this process. */
const FILE = '/proc/sys/net/ipv4/ip_forward';

/** Whether the kernel forwards IPv4 packets at all. */
export function hostForwards(): boolean {
  return readFileSync(FILE, 'utf8').trim() !== '0';
}

/** @throws NftablesError `denied` */
export function letHostForward(action: string): void {
  try {
    writeFileSync(FILE, '1');
  } catch (error) {
    throw new NftablesError(
      'denied',
      action,
      `the host does not forward IPv4 packets, and net.ipv4.ip_forward cannot be set: ${error}`,
    );
  }
}
