import { isIPv4 } from 'node:net';
import { NftablesError } from './errors.ts';

/** The address that the containers of a network use as their gateway, and the bridge that has it. */
export interface Gateway {
  readonly bridge: string;
  readonly address: string;
}

/**
 * What IPv4 packets of a network pass beyond it: none; those to and from other networks that are `on` and all links that are
 * no network's; or those to such links alone, with the address of the host, and the answers.
 */
export type Forwarding = 'off' | 'on' | 'nat';

/** A network that is separated from the host and from others: its bridges, one of which may have its gateway. */
export interface IsolatedNetwork {
  readonly bridges: readonly string[];
  readonly gateway: Gateway | null;
  readonly forwarding: Forwarding;
}

/** Networks by their owners' labels. */
export type Owners = ReadonlyMap<string, IsolatedNetwork>;

/** The content of the table. */
export interface Isolation {
  /** Bridges are in alphabetical order. */
  readonly owners: Owners;
  /** False if anything in the table is not as this driver writes it, or if the host does not forward what it permits. */
  readonly intact: boolean;
}

/** What the owner's network is to be; without bridges there is none. */
export interface IsolationChange extends IsolatedNetwork {
  readonly owner: string;
}

/** Names of links that can be quoted in a script of nft(8), where a `*` at the end would stand for any name. */
const BRIDGE = /^[A-Za-z0-9][A-Za-z0-9_.~-]{0,14}$/;
/** NFTNL_UDATA_COMMENT_MAXLEN of libnftnl; no character that a script would have to quote. */
const LABEL = /^[A-Za-z0-9:/_.-]{1,127}$/;

export function isLabel(text: string): boolean {
  return LABEL.test(text);
}

/** @throws NftablesError `invalid` for a name or an address that a script cannot contain */
export function checkChange({ owner, bridges, gateway }: IsolationChange, action: string): void {
  if (!isLabel(owner)) throw new NftablesError('invalid', action, `invalid label ${JSON.stringify(owner)}`);
  for (const name of [...bridges, ...(gateway === null ? [] : [gateway.bridge])]) {
    if (!BRIDGE.test(name)) throw new NftablesError('invalid', action, `invalid name ${JSON.stringify(name)}`);
  }
  if (gateway !== null && !isIPv4(gateway.address)) {
    throw new NftablesError('invalid', action, `invalid IPv4 address ${JSON.stringify(gateway.address)}`);
  }
}

/** What the table contains after the change. A bridge is in one network only: in the one that it was given to last. */
export function ownersAfter(found: Owners, { owner, bridges, gateway, forwarding }: IsolationChange): Owners {
  const taken = new Set(bridges);
  const others = [...found]
    .filter(([label]) => label !== owner)
    .map(([label, each]) => [label, without(each, taken)] as const);
  const own = bridges.length === 0 ? [] : [[owner, { bridges: [...taken].sort(), gateway, forwarding }] as const];
  return new Map([...others, ...own].filter(([, each]) => each.bridges.length > 0));
}

function without({ bridges, gateway, forwarding }: IsolatedNetwork, taken: ReadonlySet<string>): IsolatedNetwork {
  return {
    bridges: bridges.filter((name) => !taken.has(name)),
    gateway: gateway !== null && taken.has(gateway.bridge) ? null : gateway,
    forwarding,
  };
}

export function isSame(one: Owners, other: Owners): boolean {
  return inWords(one) === inWords(other);
}

function inWords(owners: Owners): string {
  const each = [...owners].map(([owner, { bridges, gateway, forwarding }]) => [
    ...[owner, bridges, gateway?.bridge, gateway?.address, forwarding],
  ]);
  return JSON.stringify(each.sort());
}
