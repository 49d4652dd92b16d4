import { hardwareAddress } from '../../../schema/names.ts';
import { Problem } from '../../../schema/problem.ts';
import {
  type AddressChange,
  type Addressing,
  type Ipv4Route,
  type Link,
  ROUTE_PROTOCOL,
} from '../../drivers/netns/driver.ts';
import { overlaps, rangeOf } from './blocks.ts';
import type { AddressSpec, CinPlace, GatewaySpec, NamespaceSpec, SegmentSpec } from './desired.ts';
import { ObservedLinks } from './observed-links.ts';
import type { NetworkStep, ObservedNetwork } from './steps.ts';

/** The steps for the addresses of one container, whose links are as desired. */
export function planContainerAddresses(spec: NamespaceSpec, observed: ObservedNetwork): NetworkStep[] {
  const { name, addressing, present } = spec;
  const seen = observed.namespaces.get(name);
  if (addressing === undefined || !present || seen?.addressing == null) return [];
  const found = { links: seen.links, addressing: seen.addressing };
  const removed = addressing.addresses.filter((each) => !each.present).flatMap((each) => change('remove', each, found));
  const added = addressing.addresses.filter((each) => each.present).flatMap((each) => change('add', each, found));
  const changes = [...removed, ...added, ...changeDefaultRoute(addressing, found)];
  return changes.length === 0 ? [] : [{ name: 'addresses.change', item: name, namespace: name, changes }];
}

interface FoundAddresses {
  readonly links: readonly Link[];
  readonly addressing: Addressing;
}

/** Without its link there is nothing to change: the repair of the CEN brings both back. */
function change(verb: 'add' | 'remove', spec: AddressSpec, { links, addressing }: FoundAddresses): AddressChange[] {
  const link = findEnd(links, spec.end);
  if (link?.alias == null) return [];
  const { address, prefix } = spec;
  const has = hasAddress(addressing, link.index, spec);
  // Addresses are added again to restore strict ARP.
  if (verb === 'add') return has && addressing.strictArp ? [] : [{ alias: link.alias, add: { address, prefix } }];
  return has ? [{ alias: link.alias, remove: { address, prefix } }] : [];
}

function hasAddress(
  { addresses }: Addressing,
  index: number,
  { address, prefix }: Pick<AddressSpec, 'address' | 'prefix'>,
): boolean {
  return addresses.some((each) => each.index === index && each.address === address && each.prefix === prefix);
}

function findEnd(links: readonly Link[], end: string): Link | undefined {
  return links.find(({ alias }) => alias?.startsWith(`${end} `) === true);
}

/** A default route that weft did not make is the container's own business. */
function changeDefaultRoute(
  { defaultRoute }: NonNullable<NamespaceSpec['addressing']>,
  { links, addressing }: FoundAddresses,
): AddressChange[] {
  const current = addressing.routes.filter(isDefault);
  const ours = current.filter(({ protocol }) => protocol === ROUTE_PROTOCOL);
  const link = defaultRoute === null ? undefined : findEnd(links, defaultRoute.end);
  if (defaultRoute === null || link?.alias == null) {
    return ours.flatMap(({ gateway }) => (gateway === null ? [] : [{ defaultRoute: { remove: { via: gateway } } }]));
  }
  const isRight = ours.some(({ gateway, index }) => gateway === defaultRoute.via && index === link.index);
  const isForeign = current.some((route) => route.metric === 0 && !ours.includes(route));
  return isRight || isForeign ? [] : [{ defaultRoute: { via: defaultRoute.via, alias: link.alias } }];
}

function isDefault({ destination, prefix }: Ipv4Route): boolean {
  return prefix === 0 && destination === '0.0.0.0';
}

/** The step for the gateway and its hardware address on the bridge of a segment. Throws a {@link Problem} 422 if the host uses its block. */
export function planGateway(segment: SegmentSpec, observed: ObservedNetwork): NetworkStep[] {
  const { cin, label, linkName } = segment;
  const { addressing } = observed;
  if (cin === undefined || addressing === null) return [];
  const bridge = ObservedLinks.of(observed).named(null, linkName);
  const own = bridge?.alias?.startsWith(`${label} `) === true ? bridge : undefined;
  const has = own !== undefined && hasAddress(addressing, own.index, cin.gateway);
  const { present } = cin.gateway;
  if (present && !has) refuseUsedBlock(cin, addressing, ownLinks(label, observed));
  if (own?.alias == null) return [];
  const changes = gatewayChanges(cin.gateway, has, { alias: own.alias, mac: own.mac });
  return changes.length === 0 ? [] : [{ name: 'addresses.change', item: null, namespace: null, changes }];
}

/** A bridge that loses the gateway gets the hardware address back that it was created with: no two have the same. */
function gatewayChanges(
  { address, prefix, mac, present }: GatewaySpec,
  has: boolean,
  bridge: { readonly alias: string; readonly mac: string | null },
): AddressChange[] {
  const { alias } = bridge;
  const hasMac = bridge.mac === mac;
  if (!present) {
    return [
      ...(has ? [{ alias, remove: { address, prefix } }] : []),
      ...(hasMac ? [{ alias, mac: hardwareAddress(alias) }] : []),
    ];
  }
  // With the hardware address the IP address is added again: that announces it.
  return [...(hasMac ? [] : [{ alias, mac }]), ...(has && hasMac ? [] : [{ alias, add: { address, prefix } }])];
}

/** The links of the host that bear a label of the same database: a gateway moves from one bridge to another. */
function ownLinks(label: string, { host }: ObservedNetwork): ReadonlySet<number> {
  const database = label.slice(0, label.lastIndexOf('/') + 1);
  return new Set(host.flatMap(({ index, alias }) => (alias?.startsWith(database) === true ? [index] : [])));
}

/** Throws a {@link Problem} if an address or a route of the host overlaps the block of a CIN that is to be made. */
function refuseUsedBlock({ gateway }: CinPlace, { addresses, routes }: Addressing, own: ReadonlySet<number>): void {
  const block = rangeOf(gateway.address, gateway.prefix);
  const foreign = addresses.find((each) => !own.has(each.index) && overlaps(block, rangeOf(each.address, each.prefix)));
  const route = routes.find(
    (each) => each.prefix > 0 && !own.has(each.index ?? 0) && overlaps(block, rangeOf(each.destination, each.prefix)),
  );
  if (foreign === undefined && route === undefined) return;
  const used =
    foreign === undefined
      ? `the route to ${route?.destination}/${route?.prefix}`
      : `the address ${foreign.address}/${foreign.prefix}`;
  throw new Problem('impossible', `The host uses the network of ${gateway.address}/${gateway.prefix}: ${used}`, {
    step: 'addresses.change',
    hint: 'Remove that address or route, or import the CIN with another cidr',
  });
}
