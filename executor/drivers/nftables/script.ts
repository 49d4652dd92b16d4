import type { IsolatedNetwork, Owners } from './isolation.ts';
import { type Chain, chainsOf, SET_TYPES, type SetName, setsOf, usesOf } from './rules.ts';

/* The table as a script of nft(8). */

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
  const uses = usesOf(owners);
  return [
    `table inet ${table} {`,
    `  comment "${label}"`,
    ...setsOf(uses).map((name) => setText(name, owners)),
    ...chainsOf(uses).map((chain) => chainText(chain, label)),
    '}',
  ];
}

/** What a network has in each set. */
const ELEMENTS: Readonly<Record<SetName, (network: IsolatedNetwork) => string[]>> = {
  bridges: ({ bridges }) => bridges.map(quoted),
  same: ({ bridges }) => bridges.map((name) => `${quoted(name)} . ${quoted(name)}`),
  gateways: ({ gateway }) => (gateway === null ? [] : [`${quoted(gateway.bridge)} . ${gateway.address}`]),
  routed: ({ bridges, forwarding }) => (forwarding === 'on' ? bridges.map(quoted) : []),
  translated: ({ bridges, forwarding }) => (forwarding === 'nat' ? bridges.map(quoted) : []),
};

/** The comment of an element is the label of its owner. */
function setText(name: SetName, owners: Owners): string {
  const elements = [...owners].flatMap(([owner, network]) =>
    ELEMENTS[name](network).map((element) => `${element} comment ${quoted(owner)}`),
  );
  const content = elements.length === 0 ? '' : ` elements = { ${elements.join(', ')} };`;
  return `  set ${name} { type ${SET_TYPES[name].join(' . ')};${content} }`;
}

function chainText({ name, type, priority, rules }: Chain, label: string): string {
  const each = rules.map(({ text }) => `    ${text} comment "${label}"`);
  const head = `    type ${type} hook ${name} priority ${priority}; policy accept;`;
  return [`  chain ${name} {`, head, ...each, '  }'].join('\n');
}

function quoted(name: string): string {
  return `"${name}"`;
}
