import { execFileSync } from 'node:child_process';
import { openNetnsViewer } from '../../executor/drivers/netns/viewer.ts';
import { ip, namespaces } from './host.ts';
import type { Instance } from './instance.ts';

/* IPv4 addresses, default routes and rules that isolate CINs, as seen by iproute2 and nft. */

interface IpAddress {
  readonly ifname: string;
  readonly addr_info: readonly { readonly local: string; readonly prefixlen: number }[];
}

/** Addresses of a namespace (null: the host's), except those of `lo`, as `link address/prefix`, sorted. */
export function addresses(namespace: string | null): string[] {
  const found: IpAddress[] = JSON.parse(ip(...placeOf(namespace), '-4', '-json', 'address', 'show'));
  return found
    .filter(({ ifname }) => ifname !== 'lo')
    .flatMap(({ ifname, addr_info }) => addr_info.map(({ local, prefixlen }) => `${ifname} ${local}/${prefixlen}`))
    .sort();
}

/** The gateways of a namespace's default routes. */
export function defaultRoutes(namespace: string): string[] {
  const found: { gateway: string }[] = JSON.parse(ip('-n', namespace, '-json', 'route', 'show', 'default'));
  return found.map(({ gateway }) => gateway);
}

/** All addresses of the host, by place. */
export function everyAddress(): Record<string, string[]> {
  return Object.fromEntries(['', ...namespaces()].map((place) => [place, addresses(place === '' ? null : place)]));
}

/**
 * All addresses and default routes of the host, for comparison. They are read without running a program, hundreds of
 * times in a test run.
 */
export async function addressPicture(): Promise<string[]> {
  using viewer = openNetnsViewer();
  const names = namespaces();
  const {
    links,
    addressing,
    namespaces: found,
  } = await viewer.view(names, undefined, { namespaces: names, host: true });
  return [{ name: '', links, addressing }, ...found].flatMap((place) => {
    const linkNames = new Map(place.links.map(({ index, name }) => [index, name]));
    const { addresses: own = [], routes = [] } = place.addressing ?? {};
    return [
      ...own.map(({ index, address, prefix }) => `${place.name}/${linkNames.get(index)} ${address}/${prefix}`),
      ...routes.filter(({ prefix }) => prefix === 0).map(({ gateway }) => `${place.name} via ${gateway}`),
    ].sort();
  });
}

/** The rules of a database (its id), as nft lists them; empty: none. */
export function isolation(database: string): string {
  const table = `weft-${database.slice(0, 8)}`;
  const isThere = execFileSync('nft', ['list', 'tables'], { encoding: 'utf8' }).includes(`table inet ${table}\n`);
  return isThere ? execFileSync('nft', ['list', 'table', 'inet', table], { encoding: 'utf8' }) : '';
}

/** The rules of a weft. */
export async function isolationOf(weft: Instance): Promise<string> {
  const [{ id } = { id: '' }] = await weft.sql<{ id: string }>('SELECT id FROM database');
  return isolation(id);
}

/** Removes the tables of weft from a test's private host. */
export function clearIsolation(): void {
  const tables = execFileSync('nft', ['list', 'tables'], { encoding: 'utf8' });
  for (const [, name = ''] of tables.matchAll(/^table inet (weft-\S+)$/gm)) {
    execFileSync('nft', ['delete', 'table', 'inet', name]);
  }
}

function placeOf(namespace: string | null): readonly string[] {
  return namespace === null ? [] : ['-n', namespace];
}
