import type { Network } from './desired.ts';

/** What of a host is looked at together. */
export interface Part {
  /** Places of the networks that it shows all of. */
  readonly which: readonly number[];
  readonly namespaces: ReadonlySet<string>;
}

/**
 * Divides a host, so that no more than a part of it has to be held at a time: a network of many comes with the namespaces
 * of its members and with what is wanted of these by themselves, and whatever else there is in the order of the list. A
 * namespace is in a second part only where it is in a second network. Each part but the last has at least `size`.
 */
export function* partsOf(networks: readonly Network[], namespaces: readonly string[], size: number): Generator<Part> {
  const own = ownPlaces(networks);
  const left = new Set([...networks.keys(), ...namespaces]);
  let part = emptyPart();
  const add = (place: number) => {
    part.which.push(place);
    left.delete(place);
  };
  const look = (name: string) => {
    part.namespaces.add(name);
    left.delete(name);
    for (const place of own.get(name) ?? []) if (left.has(place)) add(place);
  };
  for (const [place, network] of networks.entries()) {
    if (network.segments.length === 0) continue;
    add(place);
    for (const name of namesOf(network)) look(name);
    if (part.namespaces.size < size) continue;
    yield part;
    part = emptyPart();
  }
  for (const each of [...left]) {
    if (!left.has(each)) continue;
    if (typeof each === 'string') look(each);
    else for (const name of namesOf(networks[each])) look(name);
    if (typeof each === 'number' && left.has(each)) add(each);
    if (part.namespaces.size < size) continue;
    yield part;
    part = emptyPart();
  }
  if (part.which.length > 0 || part.namespaces.size > 0) yield part;
}

function emptyPart(): { which: number[]; namespaces: Set<string> } {
  return { which: [], namespaces: new Set() };
}

/** By the namespace, what is wanted of it and nothing else. */
function ownPlaces(networks: readonly Network[]): ReadonlyMap<string, readonly number[]> {
  const places = new Map<string, number[]>();
  for (const [place, { namespaces, segments }] of networks.entries()) {
    const [only, ...others] = namespaces;
    if (only === undefined || others.length > 0 || segments.length > 0) continue;
    const known = places.get(only.name);
    if (known) known.push(place);
    else places.set(only.name, [place]);
  }
  return places;
}

function namesOf(network: Network | undefined): string[] {
  if (network === undefined) return [];
  const members = network.segments.flatMap(({ members: own, without = [] }) => [...own, ...without]);
  return [...network.namespaces.map(({ name }) => name), ...members.map(({ container }) => container)];
}
