import type { HostView, Link, NamespaceView } from './driver.ts';
import { packAddressing, unpackAddressing } from './packed-addressing.ts';

/*
 * An observation in the form in which it is sent between two threads. A host has thousands of links: cloning them as
 * objects would block the receiving event loop for longer than reading them from the kernel takes.
 */

export interface PackedView {
  /** Of all links, first the host's, then those of one namespace after another: index, MTU, up, master, peer. */
  readonly numbers: Uint32Array;
  /** Of all links, in the same order: name, alias, kind, hardware address. */
  readonly texts: readonly (string | null)[];
  readonly linksOnHost: number;
  readonly namespaces: readonly string[];
  readonly labels: readonly (string | null)[];
  /** How many links each namespace has; -1: nothing is mounted there. */
  readonly counts: Int32Array;
  /** Of the host and then of each namespace; null if it was not asked for anywhere. */
  readonly addressing: Uint32Array | null;
}

const NUMBERS = 5;
const TEXTS = 4;
const NOT_MOUNTED = -1;

export function packView({ links, namespaces, addressing }: HostView): PackedView {
  const all = [...links, ...namespaces.flatMap((namespace) => namespace.links)];
  const numbers = new Uint32Array(all.length * NUMBERS);
  const texts: (string | null)[] = [];
  for (const [position, { index, mtu, up, master, peer, name, alias, kind, mac }] of all.entries()) {
    // No link has the index 0.
    numbers.set([index, mtu, up ? 1 : 0, master ?? 0, peer ?? 0], position * NUMBERS);
    texts.push(name, alias, kind, mac);
  }
  return {
    numbers,
    texts,
    linksOnHost: links.length,
    namespaces: namespaces.map(({ name }) => name),
    labels: namespaces.map(({ label }) => label),
    counts: Int32Array.from(namespaces, (namespace) => (namespace.mounted ? namespace.links.length : NOT_MOUNTED)),
    addressing: packAddressing([addressing, ...namespaces.map((namespace) => namespace.addressing)]),
  };
}

export function unpackView(packed: PackedView): HostView {
  let next = packed.linksOnHost;
  const [onHost = null, ...inside] = unpackAddressing(packed.addressing);
  const namespaces = packed.namespaces.map((name, position): NamespaceView => {
    const count = packed.counts[position] ?? 0;
    const first = next;
    next += Math.max(count, 0);
    const label = packed.labels[position] ?? null;
    const links = linksBetween(packed, first, next);
    return { name, label, mounted: count !== NOT_MOUNTED, links, addressing: inside[position] ?? null };
  });
  return { links: linksBetween(packed, 0, packed.linksOnHost), namespaces, addressing: onHost };
}

function linksBetween(packed: PackedView, first: number, end: number): Link[] {
  const links: Link[] = [];
  for (let position = first; position < end; position += 1) links.push(linkAt(packed, position));
  return links;
}

function linkAt({ numbers, texts }: PackedView, position: number): Link {
  const number = position * NUMBERS;
  const text = position * TEXTS;
  return {
    index: numbers[number] ?? 0,
    name: texts[text] ?? '',
    alias: texts[text + 1] ?? null,
    kind: texts[text + 2] ?? null,
    mac: texts[text + 3] ?? null,
    mtu: numbers[number + 1] ?? 0,
    up: numbers[number + 2] === 1,
    master: numbers[number + 3] || null,
    peer: numbers[number + 4] || null,
  };
}
