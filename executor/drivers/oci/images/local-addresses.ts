import { lookup } from 'node:dns/promises';
import { BlockList, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { ImageError } from './errors.ts';
import type { ImageName } from './names.ts';

/**
 * What a request of a client must not make this host ask: itself, and its link, where clouds serve secrets (RFC 3927,
 * RFC 4291 section 2.5.6).
 */
function localAddresses(): BlockList {
  const local = new BlockList();
  local.addSubnet('127.0.0.0', 8, 'ipv4');
  local.addSubnet('0.0.0.0', 8, 'ipv4');
  local.addSubnet('169.254.0.0', 16, 'ipv4');
  local.addAddress('::', 'ipv6');
  local.addAddress('::1', 'ipv6');
  local.addSubnet('fe80::', 10, 'ipv6');
  for (const each of Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])) {
    local.addAddress(each.address, each.family === 'IPv6' ? 'ipv6' : 'ipv4');
  }
  return local;
}

/** Throws an {@link ImageError} `refused` if the registry is this host, or has a link-local address. */
export async function refuseLocal({ registry }: ImageName, action: string): Promise<void> {
  const host = registry.replace(/:\d+$/, '');
  // An unknown name is for skopeo to report.
  const addresses = await lookup(host, { all: true }).catch(() => []);
  const local = localAddresses();
  const found = addresses.find(({ address }) => local.check(address, isIPv6(address) ? 'ipv6' : 'ipv4'));
  if (found === undefined) return;
  throw new ImageError(
    'refused',
    action,
    `the registry ${registry} is ${found.address}, an address of this host or a link-local one`,
  );
}
