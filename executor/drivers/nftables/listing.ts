import type { Forwarding, Isolation } from './isolation.ts';
import { chainsOf, type Json, SET_TYPES, type SetName, setsOf, type Uses } from './rules.ts';

/* What `nft --json list table` prints, after libnftables-json(5), compared with what the script writes. */

type Properties = Readonly<Record<string, Json>>;

/** An object of the table: a `set`, a `chain`, a `rule` or something else. */
interface Item {
  readonly kind: string;
  readonly properties: Properties;
}

/** @throws SyntaxError when `printed` is not JSON */
export function decodeListing(printed: string, label: string): Isolation {
  const items = itemsOf(JSON.parse(printed));
  const bridges = elementsOf(items, 'bridges', textOf);
  const same = elementsOf(items, 'same', pairOf);
  const gateways = elementsOf(items, 'gateways', pairOf);
  const routed = elementsOf(items, 'routed', textOf);
  const translated = elementsOf(items, 'translated', textOf);
  const forwarding = forwardingOf(present(routed), present(translated));
  const owners = ownersOf(present(bridges), present(gateways), forwarding);
  const uses = { on: routed.length > 0, nat: translated.length > 0 };
  const intact =
    [...bridges, ...same, ...gateways, ...routed, ...translated].every((element) => element !== null) &&
    isEqual(
      present(same).map(({ owner, value }) => [owner, ...value]),
      present(bridges).map(({ owner, value }) => [owner, value, value]),
    ) &&
    isEqual(
      [...present(routed), ...present(translated)].map(({ owner, value }) => [owner, value]),
      present(bridges).flatMap(({ owner, value }) => (forwarding.has(owner) ? [[owner, value]] : [])),
    ) &&
    present(gateways).every(({ owner, value: [bridge] }) => owners.get(owner)?.bridges.includes(bridge) === true) &&
    new Set(present(gateways).map(({ owner }) => owner)).size === gateways.length &&
    isEqual(items.flatMap(shapeOf), expectedShape(label, uses));
  return { owners, intact };
}

/** Of lists in any order. */
function isEqual(one: readonly unknown[], other: readonly unknown[]): boolean {
  const inOrder = (list: readonly unknown[]) => list.map((each) => JSON.stringify(each)).sort();
  return JSON.stringify(inOrder(one)) === JSON.stringify(inOrder(other));
}

/** An element of a set, with the label in its comment. */
interface Owned<Value> {
  readonly owner: string;
  readonly value: Value;
}

function present<Value>(elements: readonly (Owned<Value> | null)[]): Owned<Value>[] {
  return elements.filter((element) => element !== null);
}

/** The owners whose networks forward. One that is in both sets is told from its bridges by {@link decodeListing}. */
function forwardingOf(
  routed: readonly Owned<string>[],
  translated: readonly Owned<string>[],
): ReadonlyMap<string, Forwarding> {
  return new Map<string, Forwarding>([
    ...routed.map(({ owner }) => [owner, 'on'] as const),
    ...translated.map(({ owner }) => [owner, 'nat'] as const),
  ]);
}

function ownersOf(
  bridges: readonly Owned<string>[],
  gateways: readonly Owned<readonly [string, string]>[],
  forwarding: ReadonlyMap<string, Forwarding>,
): Isolation['owners'] {
  const found = new Map(gateways.map(({ owner, value: [bridge, address] }) => [owner, { bridge, address }]));
  const byOwner = Map.groupBy(bridges, ({ owner }) => owner);
  return new Map(
    [...byOwner].map(([owner, own]) => [
      owner,
      {
        bridges: own.map(({ value }) => value).sort(),
        gateway: found.get(owner) ?? null,
        forwarding: forwarding.get(owner) ?? 'off',
      },
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

function expectedShape(label: string, uses: Uses): string[] {
  const sets = setsOf(uses).map((name) => setShape(name, SET_TYPES[name]));
  const chains = chainsOf(uses).flatMap(({ name, type, priority, rules }) => [
    chainShape(name, [type, name, priority, 'accept']),
    ...rules.map(({ expression }, place) => ruleShape(name, place, [label, expression])),
  ]);
  return ['table', ...sets, ...chains];
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
  set: SetName,
  decode: (value: Json | undefined) => Value | null,
): (Owned<Value> | null)[] {
  const found = items.find(({ kind, properties }) => kind === 'set' && properties.name === set);
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
