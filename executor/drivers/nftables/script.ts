import type { Owners } from './isolation.ts';

/*
 * The table as a script of nft(8). A packet passes the chains of all tables, and each of them can drop it for good: so
 * the order beside the chains of others (Docker's and libvirt's have the priority 0) does not decide whether it passes.
 * The earlier place only saves their work.
 */

export const PRIORITY = -10;

/** The names of the table's sets. */
export const SETS = { bridges: 'bridges', same: 'same', gateways: 'gateways' } as const;

export const SET_TYPES: Readonly<Record<keyof typeof SETS, readonly string[]>> = {
  bridges: ['ifname'],
  // With br_netfilter the frames between the ports of a bridge pass the hook, too.
  same: ['ifname', 'ifname'],
  gateways: ['ifname', 'ipv4_addr'],
};

export type ChainName = 'forward' | 'input';

/** The rules of each chain, which is attached to the hook of its name. */
export const RULES: Readonly<Record<ChainName, readonly string[]>> = {
  forward: ['iifname . oifname @same accept', 'iifname @bridges drop', 'oifname @bridges drop'],
  // From a bridge to the host: to its own gateway, and to nothing else, IPv6 included.
  input: ['iifname . ip daddr @gateways accept', 'iifname @bridges drop'],
};

/**
 * Replaces the whole table, or removes it when there is nothing to isolate. nft executes a script in one transaction: a
 * packet meets the old table or the new one.
 */
export function tableScript(table: string, label: string, owners: Owners): string {
  // Removing what does not exist fails.
  const removal = [`add table inet ${table}`, `delete table inet ${table}`];
  return [...removal, ...(owners.size === 0 ? [] : creation(table, label, owners)), ''].join('\n');
}

function creation(table: string, label: string, owners: Owners): string[] {
  const networks = [...owners];
  const eachBridge = (element: (name: string) => string) =>
    networks.flatMap(([owner, { bridges }]) => bridges.map((name) => owned(element(name), owner)));
  const gateways = networks.flatMap(([owner, { gateway }]) =>
    gateway === null ? [] : [owned(`${quoted(gateway.bridge)} . ${gateway.address}`, owner)],
  );
  return [
    `table inet ${table} {`,
    `  comment "${label}"`,
    setText('bridges', eachBridge(quoted)),
    setText(
      'same',
      eachBridge((name) => `${quoted(name)} . ${quoted(name)}`),
    ),
    setText('gateways', gateways),
    chainText('forward', label),
    chainText('input', label),
    '}',
  ];
}

function setText(name: keyof typeof SETS, elements: readonly string[]): string {
  const content = elements.length === 0 ? '' : ` elements = { ${elements.join(', ')} };`;
  return `  set ${SETS[name]} { type ${SET_TYPES[name].join(' . ')};${content} }`;
}

function chainText(name: ChainName, label: string): string {
  const rules = RULES[name].map((rule) => `    ${rule} comment "${label}"`);
  const head = `    type filter hook ${name} priority ${PRIORITY}; policy accept;`;
  return [`  chain ${name} {`, head, ...rules, '  }'].join('\n');
}

function quoted(name: string): string {
  return `"${name}"`;
}

/** An element whose comment is the label of its owner. */
function owned(element: string, owner: string): string {
  return `${element} comment ${quoted(owner)}`;
}
