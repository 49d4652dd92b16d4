import type { Network } from './desired.ts';

/** A part of a host that is observed at a time. */
export interface Part {
  /** Indexes of the networks that the part contains completely. */
  readonly which: readonly number[];
  readonly namespaces: ReadonlySet<string>;
}

/**
 * Divides a host, so that only a part of it has to be held at a time. A network with segments comes with the namespaces
 * of its members and with their own desired state; the rest follows in the order of the list. A namespace is in a
 * second part only if it is in a second network. Each part but the last has at least `size` namespaces.
 */
export function* partsOf(networks: readonly Network[], namespaces: readonly string[], size: number): Generator<Part> {
  const own = ownPlaces(networks);
  const left = new Set([...networks.keys(), ...namespaces]);
  let part = emptyPart();
  const addNetwork = (place: number) => {
    part.which.push(place);
    left.delete(place);
  };
  const addNamespace = (name: string) => {
    part.namespaces.add(name);
    left.delete(name);
    for (const place of own.get(name) ?? []) if (left.has(place)) addNetwork(place);
  };
  for (const [place, network] of networks.entries()) {
    if (network.segments.length === 0) continue;
    addNetwork(place);
    for (const name of namesOf(network)) addNamespace(name);
    if (part.namespaces.size < size) continue;
    yield part;
    part = emptyPart();
  }
  for (const each of [...left]) {
    if (!left.has(each)) continue;
    if (typeof each === 'string') addNamespace(each);
    else for (const name of namesOf(networks[each])) addNamespace(name);
    if (typeof each === 'number' && left.has(each)) addNetwork(each);
    if (part.namespaces.size < size) continue;
    yield part;
    part = emptyPart();
  }
  if (part.which.length > 0 || part.namespaces.size > 0) yield part;
}

function emptyPart(): { which: number[]; namespaces: Set<string> } {
  return { which: [], namespaces: new Set() };
}

/** By namespace, the indexes of networks that consist of this namespace alone. */
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
