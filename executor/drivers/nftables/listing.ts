import type { Isolation } from './isolation.ts';
import { type ChainName, PRIORITY, SET_TYPES, SETS } from './script.ts';

/* What `nft --json list table` prints, after libnftables-json(5), compared with what the script writes. */

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

type Properties = Readonly<Record<string, Json>>;

/** An object of the table: a `set`, a `chain`, a `rule` or something else. */
interface Item {
  readonly kind: string;
  readonly properties: Properties;
}

const iifname: Json = { meta: { key: 'iifname' } };
const oifname: Json = { meta: { key: 'oifname' } };
const destination: Json = { payload: { protocol: 'ip', field: 'daddr' } };

/** The same rules as in the script, as nft prints them. */
const EXPRESSIONS: Readonly<Record<ChainName, readonly Json[]>> = {
  forward: [
    [inSet({ concat: [iifname, oifname] }, SETS.same), { accept: null }],
    [inSet(iifname, SETS.bridges), { drop: null }],
    [inSet(oifname, SETS.bridges), { drop: null }],
  ],
  input: [
    [inSet({ concat: [iifname, destination] }, SETS.gateways), { accept: null }],
    [inSet(iifname, SETS.bridges), { drop: null }],
  ],
};

function inSet(left: Json, set: string): Json {
  return { match: { op: '==', left, right: `@${set}` } };
}

/** @throws SyntaxError when `printed` is not JSON */
export function decodeListing(printed: string, label: string): Isolation {
  const items = itemsOf(JSON.parse(printed));
  const bridges = elementsOf(items, 'bridges', textOf);
  const same = elementsOf(items, 'same', pairOf);
  const gateways = elementsOf(items, 'gateways', pairOf);
  const owners = ownersOf(present(bridges), present(gateways));
  const pairs = present(bridges).map(({ owner, value }) => [owner, value, value]);
  const intact =
    [...bridges, ...same, ...gateways].every((element) => element !== null) &&
    JSON.stringify(
      present(same)
        .map(({ owner, value }) => [owner, ...value])
        .sort(),
    ) === JSON.stringify(pairs.sort()) &&
    present(gateways).every(({ owner, value: [bridge] }) => owners.get(owner)?.bridges.includes(bridge) === true) &&
    new Set(present(gateways).map(({ owner }) => owner)).size === gateways.length &&
    JSON.stringify(items.flatMap(shapeOf).toSorted()) === JSON.stringify(expectedShape(label));
  return { owners, intact };
}

/** An element of a set, with the label in its comment. */
interface Owned<Value> {
  readonly owner: string;
  readonly value: Value;
}

function present<Value>(elements: readonly (Owned<Value> | null)[]): Owned<Value>[] {
  return elements.filter((element) => element !== null);
}

function ownersOf(
  bridges: readonly Owned<string>[],
  gateways: readonly Owned<readonly [string, string]>[],
): Isolation['owners'] {
  const found = new Map(gateways.map(({ owner, value: [bridge, address] }) => [owner, { bridge, address }]));
  const byOwner = Map.groupBy(bridges, ({ owner }) => owner);
  return new Map(
    [...byOwner].map(([owner, own]) => [
      owner,
      { bridges: own.map(({ value }) => value).sort(), gateway: found.get(owner) ?? null },
    ]),
  );
}

function itemsOf(printed: Json): Item[] {
  const { nftables } = asProperties(printed);
  return asList(nftables).flatMap((entry) =>
    Object.entries(asProperties(entry)).map(([kind, properties]) => ({ kind, properties: asProperties(properties) })),
  );
}

/**
 * What the table is made of apart from the elements of its sets, a text for each object. A rule's place among those of
 * its chain is in it, since nft lists them in their order.
 */
function shapeOf({ kind, properties }: Item, position: number, all: readonly Item[]): string[] {
  const { name, chain, type, hook, prio, policy, comment, expr, flags } = properties;
  switch (kind) {
    case 'metainfo':
      return [];
    case 'table':
      // A dormant table does nothing. nft 1.0.6 prints the wrong text for the flag, but none without it.
      return flags === undefined ? ['table'] : [];
    case 'set':
      return [setShape(String(name), asList(type).map(String))];
    case 'chain':
      return [chainShape(String(name), [type, hook, prio, policy])];
    case 'rule': {
      const place = all.slice(0, position).filter((item) => item.kind === 'rule' && item.properties.chain === chain);
      return [ruleShape(String(chain), place.length, [comment, expr])];
    }
    default:
      return [`another ${kind}`];
  }
}

function expectedShape(label: string): string[] {
  const sets = Object.entries(SET_TYPES).map(([name, types]) => setShape(name, types));
  const chains = (['forward', 'input'] as const).flatMap((name) => [
    chainShape(name, ['filter', name, PRIORITY, 'accept']),
    ...EXPRESSIONS[name].map((expression, place) => ruleShape(name, place, [label, expression])),
  ]);
  return ['table', ...sets, ...chains].sort();
}

function setShape(name: string, types: readonly string[]): string {
  return `set ${name} ${types.join(' . ')}`;
}

function chainShape(name: string, properties: readonly (Json | undefined)[]): string {
  return `chain ${name} ${JSON.stringify(properties)}`;
}

function ruleShape(chain: string, place: number, properties: readonly (Json | undefined)[]): string {
  return `rule ${chain} ${place} ${JSON.stringify(properties)}`;
}

/** Null for an element of another form, such as one without a comment or with a timeout. */
function elementsOf<Value>(
  items: readonly Item[],
  set: keyof typeof SETS,
  decode: (value: Json | undefined) => Value | null,
): (Owned<Value> | null)[] {
  const found = items.find(({ kind, properties }) => kind === 'set' && properties.name === SETS[set]);
  return asList(found?.properties.elem).map((element) => {
    const { val, comment, ...others } = asProperties(asProperties(element).elem ?? null);
    const value = decode(val);
    if (value === null || typeof comment !== 'string' || Object.keys(others).length > 0) return null;
    return { owner: comment, value };
  });
}

function textOf(value: Json | undefined): string | null {
  return typeof value === 'string' ? value : null;
}

function pairOf(value: Json | undefined): readonly [string, string] | null {
  const [first, second, ...others] = asList(asProperties(value ?? null).concat);
  if (typeof first !== 'string' || typeof second !== 'string' || others.length > 0) return null;
  return [first, second];
}

function asList(value: Json | undefined): readonly Json[] {
  if (value === undefined) return [];
  return isList(value) ? value : [value];
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function asProperties(value: Json): Properties {
  return typeof value === 'object' && value !== null && !isList(value) ? value : {};
}
