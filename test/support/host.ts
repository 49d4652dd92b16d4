import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { deleteLink, type LinkRecord, readLinks } from '../../executor/drivers/netns/netlink/links.ts';
import { detachMount } from '../../executor/drivers/netns/syscalls.ts';
import { HostNamespace } from '../../executor/drivers/netns/thread.ts';

/* The state of the host as seen by iproute2 and ping, independently of weft. */

/** Runs `ip`; throws its message if it fails. */
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

/** The links of a namespace (null: the host's), except `lo`, by name. */
export function links(namespace: string | null): IpLink[] {
  const place = namespace === null ? [] : ['-n', namespace];
  const found: IpLink[] = JSON.parse(ip(...place, '-details', '-json', 'link', 'show'));
  return found.filter(({ ifname }) => ifname !== 'lo').sort((left, right) => (left.ifname < right.ifname ? -1 : 1));
}

/** The names of a namespace's links (null: the host's), except `lo`, sorted. */
export function linkNames(namespace: string | null): string[] {
  return kernelLinks(namespace)
    .map(({ name }) => name)
    .sort();
}

/**
 * Everything on the host that could be weft's, for comparison: without indexes, which are not stable. It is read
 * without running a program, hundreds of times in a test run; a separate test checks that iproute2 sees the same.
 */
export function picture(): string[] {
  const places = [null, ...namespaces()];
  return places.flatMap((place) => {
    const found = kernelLinks(place);
    const names = new Map(found.map(({ index, name }) => [index, name]));
    const lines = found.map(
      ({ name, alias, master, mac, up, kind }) =>
        `${place} ${name} ${kind} "${alias}" ${mac} master ${master === null ? null : names.get(master)} ${up ? 'up' : 'down'}`,
    );
    return [`namespace ${place}`, ...lines.sort()];
  });
}

/** The same as iproute2 sees it. */
export function pictureOfIproute2(): string[] {
  const places = [null, ...namespaces()];
  return places.flatMap((place) => {
    const lines = links(place).map(
      ({ ifname, ifalias = null, master = null, address, flags, linkinfo }) =>
        `${place} ${ifname} ${linkinfo?.info_kind} "${ifalias}" ${address} master ${master} ${flags.includes('UP') ? 'up' : 'down'}`,
    );
    return [`namespace ${place}`, ...lines.sort()];
  });
}

function kernelLinks(namespace: string | null): LinkRecord[] {
  using host = HostNamespace.open();
  const found = namespace === null ? readLinks(host.socket) : readLinksInside(host, namespace);
  return found.filter(({ name }) => name !== 'lo');
}

function readLinksInside(host: HostNamespace, namespace: string): LinkRecord[] {
  const descriptor = openSync(`/run/netns/${namespace}`, 'r');
  try {
    return host.inside(descriptor, readLinks);
  } finally {
    closeSync(descriptor);
  }
}

export function addAddress(namespace: string, link: string, address: string): void {
  ip('-n', namespace, 'address', 'add', address, 'dev', link);
}

/** The hardware address of a link. */
export function macOf(namespace: string | null, link: string): string | undefined {
  const place = namespace === null ? [] : ['-n', namespace];
  return / link\/ether (\S+)/.exec(ip(...place, 'link', 'show', 'dev', link))?.[1];
}

/** Whether an answer arrived within a second. */
export function pings(namespace: string, address: string): boolean {
  return (
    spawnSync('ip', ['netns', 'exec', namespace, 'ping', '-c', '1', '-W', '1', address], { stdio: 'ignore' }).status ===
    0
  );
}

/** Removes everything from a test’s private host; refuses if a default route shows that it is not private. */
export function clearHost(): void {
  if (hasDefaultRoute()) throw new Error('this host is not a test’s own');
  using host = HostNamespace.open();
  const made = () => readLinks(host.socket).filter(({ kind }) => kind === 'bridge' || kind === 'veth');
  // The other end of a pair is deleted with the first, and is refused.
  host.socket.batch(
    made().map(({ index }) => deleteLink(index)),
    'clear the host',
  );
  for (const name of namespaces()) {
    const path = `/run/netns/${name}`;
    if (isMounted(path)) detachMount(path);
    rmSync(path);
  }
  const left = [...namespaces(), ...made().map(({ name }) => name)];
  if (left.length > 0) throw new Error(`not removed: ${left.join(', ')}`);
}

function isMounted(path: string): boolean {
  return statSync(path).dev !== statSync('/run/netns').dev;
}

/** As /proc/net/route shows it: destination and mask are zero. */
function hasDefaultRoute(): boolean {
  const routes = readFileSync('/proc/thread-self/net/route', 'utf8').trim().split('\n').slice(1);
  return routes.some((route) => {
    const fields = route.split('\t');
    return fields[1] === '00000000' && fields[7] === '00000000';
  });
}
