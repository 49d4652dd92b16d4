import type { Owners } from './isolation.ts';

/*
 * The rules of the table, each as a script of nft(8) has it and as `nft --json` prints it, after libnftables-json(5).
 *
 * A packet passes the chains of all tables, and each of them can drop it for good: so the order beside the chains of
 * others (Docker's and libvirt's have the priority 0) does not decide whether it passes. The earlier place only saves their
 * work. What this table accepts, those of others may drop.
 */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

export interface Rule {
  readonly text: string;
  readonly expression: readonly Json[];
}

export interface Chain {
  /** Of the hook, too. */
  readonly name: 'forward' | 'input' | 'postrouting';
  readonly type: 'filter' | 'nat';
  readonly priority: number;
  readonly rules: readonly Rule[];
}

/** Whether any network forwards, and how: without a need for them the rules, which cost each packet, are left out. */
export interface Uses {
  readonly on: boolean;
  readonly nat: boolean;
}

export const SET_TYPES = {
  bridges: ['ifname'],
  // With br_netfilter the frames between the ports of a bridge pass the hook, too.
  same: ['ifname', 'ifname'],
  gateways: ['ifname', 'ipv4_addr'],
  /** Bridges of networks that forward. */
  routed: ['ifname'],
  /** Bridges of networks that forward with the addresses of the host. */
  translated: ['ifname'],
} as const;

export type SetName = keyof typeof SET_TYPES;

const FILTER = -10;
/** NF_IP_PRI_NAT_SRC of linux/netfilter_ipv4.h. */
const SOURCE_NAT = 100;

export function usesOf(owners: Owners): Uses {
  const modes = new Set([...owners.values()].map(({ forwarding }) => forwarding));
  return { on: modes.has('on'), nat: modes.has('nat') };
}

export function setsOf({ on, nat }: Uses): SetName[] {
  return [
    'bridges',
    'same',
    'gateways',
    ...(on ? (['routed'] as const) : []),
    ...(nat ? (['translated'] as const) : []),
  ];
}

export function chainsOf({ on, nat }: Uses): Chain[] {
  const allowed = [...(on ? routing : []), ...(nat ? translating : [])];
  return [
    { name: 'forward', type: 'filter', priority: FILTER, rules: [withinBridge, ...allowed, dropFrom, dropTo] },
    // From a bridge to the host: to its own gateway, and to nothing else, IPv6 included.
    { name: 'input', type: 'filter', priority: FILTER, rules: [toGateway, dropFrom] },
    ...(nat ? [{ name: 'postrouting', type: 'nat', priority: SOURCE_NAT, rules: [masquerade] } as const] : []),
  ];
}

interface Part {
  readonly text: string;
  readonly json: Json;
}

function rule(...parts: readonly Part[]): Rule {
  return { text: parts.map(({ text }) => text).join(' '), expression: parts.map(({ json }) => json) };
}

const keys = { iifname: { meta: { key: 'iifname' } }, oifname: { meta: { key: 'oifname' } } } as const;

function link(key: keyof typeof keys, set: SetName, op: '==' | '!=' = '=='): Part {
  const text = op === '==' ? `${key} @${set}` : `${key} != @${set}`;
  return { text, json: { match: { op, left: keys[key], right: `@${set}` } } };
}

const ipv4: Part = {
  text: 'meta nfproto ipv4',
  json: { match: { op: '==', left: { meta: { key: 'nfproto' } }, right: 'ipv4' } },
};

/** The source has no route to the link that the packet came from: it is not its sender's address. */
const strangeSource: Part = {
  text: 'fib saddr . iif oif missing',
  json: { match: { op: '==', left: { fib: { result: 'oif', flags: ['saddr', 'iif'] } }, right: false } },
};

/** Of a connection that a container has begun. */
const answering: Part = {
  text: 'ct state established,related',
  json: { match: { op: 'in', left: { ct: { key: 'state' } }, right: ['established', 'related'] } },
};

const accept: Part = { text: 'accept', json: { accept: null } };
const drop: Part = { text: 'drop', json: { drop: null } };

const withinBridge = rule(
  {
    text: 'iifname . oifname @same',
    json: { match: { op: '==', left: { concat: [keys.iifname, keys.oifname] }, right: '@same' } },
  },
  accept,
);

const toGateway = rule(
  {
    text: 'iifname . ip daddr @gateways',
    json: {
      match: {
        op: '==',
        left: { concat: [keys.iifname, { payload: { protocol: 'ip', field: 'daddr' } }] },
        right: '@gateways',
      },
    },
  },
  accept,
);

const dropFrom = rule(link('iifname', 'bridges'), drop);
const dropTo = rule(link('oifname', 'bridges'), drop);

/** Between networks that forward, and between these and links of the host that are no network's, in both directions. */
const routing: readonly Rule[] = [
  rule(link('iifname', 'routed'), strangeSource, drop),
  rule(link('iifname', 'routed'), link('oifname', 'routed'), ipv4, accept),
  rule(link('iifname', 'routed'), link('oifname', 'bridges', '!='), ipv4, accept),
  rule(link('iifname', 'bridges', '!='), link('oifname', 'routed'), ipv4, accept),
];

/** To links of the host that are no network's; from there come answers only. */
const translating: readonly Rule[] = [
  rule(link('iifname', 'translated'), strangeSource, drop),
  rule(link('iifname', 'translated'), link('oifname', 'bridges', '!='), ipv4, accept),
  rule(link('iifname', 'bridges', '!='), link('oifname', 'translated'), ipv4, answering, accept),
];

const masquerade = rule(link('iifname', 'translated'), link('oifname', 'bridges', '!='), ipv4, {
  text: 'masquerade',
  json: { masquerade: null },
});
