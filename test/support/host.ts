import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';

/* What iproute2 and ping, which know nothing of weft, say of the host: the witnesses of the real tests. */

/** Runs `ip`; throws what it says when it fails. */
export function ip(...args: readonly string[]): string {
  return execFileSync('ip', [...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** The named namespaces, sorted. */
export function namespaces(): string[] {
  return existsSync('/run/netns') ? readdirSync('/run/netns').sort() : [];
}

interface IpLink {
  ifname: string;
  ifalias?: string;
  master?: string;
  address: string;
  operstate: string;
  flags: string[];
  linkinfo?: { info_kind?: string };
}

/** The links of a namespace (null: the host's), but for `lo`, by name. */
export function links(namespace: string | null): IpLink[] {
  const place = namespace === null ? [] : ['-n', namespace];
  const found: IpLink[] = JSON.parse(ip(...place, '-details', '-json', 'link', 'show'));
  return found.filter(({ ifname }) => ifname !== 'lo').sort((left, right) => (left.ifname < right.ifname ? -1 : 1));
}

export function linkNames(namespace: string | null): string[] {
  return links(namespace).map(({ ifname }) => ifname);
}

/** Everything on the host that could be weft's, for comparison: no indexes, which differ from time to time. */
export function picture(): string[] {
  const places = [null, ...namespaces()];
  return places.flatMap((place) => [
    `namespace ${place}`,
    ...links(place).map(
      ({ ifname, ifalias, master, address, flags, linkinfo }) =>
        `${place} ${ifname} ${linkinfo?.info_kind} "${ifalias}" ${address} master ${master} ${flags.includes('UP') ? 'up' : 'down'}`,
    ),
  ]);
}

export function addAddress(namespace: string, link: string, address: string): void {
  ip('-n', namespace, 'address', 'add', address, 'dev', link);
}

/** Whether an answer came within a second. */
export function pings(namespace: string, address: string): boolean {
  return (
    spawnSync('ip', ['netns', 'exec', namespace, 'ping', '-c', '1', '-W', '1', address], { stdio: 'ignore' }).status ===
    0
  );
}

/** Takes everything off a test's private host; refuses to where a default route shows that it is no such host. */
export function clearHost(): void {
  if (ip('route', 'show', 'default') !== '') throw new Error('this host is not a test’s own');
  for (const name of namespaces()) ip('netns', 'delete', name);
  for (const { ifname, linkinfo } of links(null)) {
    if (linkinfo?.info_kind === 'bridge' || linkinfo?.info_kind === 'veth') spawnSync('ip', ['link', 'delete', ifname]);
  }
}
