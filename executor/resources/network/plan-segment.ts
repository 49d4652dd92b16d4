import { Problem } from '../../../schema/problem.ts';
import type { Link } from '../../drivers/netns/driver.ts';
import type { SegmentWish } from './desired.ts';
import { type Bridge, type End, type Layout, layout, type Pair, temporaryName } from './layout.ts';
import type { NetworkStep, NewEnd, ObservedNetwork, Replacement } from './steps.ts';

interface FoundLink {
  readonly namespace: string | null;
  readonly link: Link;
}

/** The steps of one CEN: what is missing is made beside what is there, takes its place, and then the rest goes. */
export function planSegment(segment: SegmentWish, observed: ObservedNetwork): NetworkStep[] {
  const wanted = layout(segment);
  const ours = linksOf(segment, observed);
  const labels = labelNewborn(wanted, observed);
  if (labels.length > 0) return labels;

  const broken = wanted.pairs.filter((pair) => !isIntact(pair, ours));
  const halves = broken.flatMap(({ ends }) => ends.filter((end) => findEnd(end, ours)));
  // The other half of such a pair is gone, was renamed beyond recognition or moved away: it is made anew.
  if (halves.length > 0) return deleteSteps(halves);

  const creations = broken.map((pair) => createPair(pair, ours, observed));
  const wantedEnds = wanted.pairs.flatMap(({ ends }) => ends);
  const replacements = wantedEnds.flatMap((end) => replaceEnd(end, ours));
  const replaced = new Set(replacements.map(({ namespace, from }) => key(namespace, from)));
  const keep = new Set([
    ...wantedEnds.map(({ namespace, alias }) => key(namespace, alias)),
    ...(wanted.bridge ? [key(null, wanted.bridge.alias)] : []),
  ]);
  const leftover = ours.filter(({ namespace, link }) => {
    const found = key(namespace, link.alias ?? '');
    return !keep.has(found) && !replaced.has(found);
  });
  return [
    ...planBridge(wanted.bridge, ours, observed),
    ...creations,
    ...(replacements.length > 0 ? [{ name: 'links.replace', item: null, replacements } as const] : []),
    ...wantedEnds.flatMap((end) => changeEnd(end, ours, observed, replacements)),
    ...deleteSteps(leftover.map(({ namespace, link }) => ({ namespace, alias: link.alias ?? '' }))),
  ];
}

function key(namespace: string | null, alias: string): string {
  return `${namespace ?? ''}/${alias}`;
}

/** Every link that bears the segment's label, wherever it is. */
function linksOf({ label }: SegmentWish, observed: ObservedNetwork): FoundLink[] {
  const mark = `${label} `;
  const found: FoundLink[] = observed.host
    .filter(({ alias }) => alias?.startsWith(mark))
    .map((link) => ({ namespace: null, link }));
  for (const [namespace, { links }] of observed.namespaces) {
    for (const link of links) if (link.alias?.startsWith(mark)) found.push({ namespace, link });
  }
  return found;
}

function linksIn(namespace: string | null, observed: ObservedNetwork): readonly Link[] {
  return namespace === null ? observed.host : (observed.namespaces.get(namespace)?.links ?? []);
}

function findEnd(end: End, ours: readonly FoundLink[]): Link | undefined {
  return ours.find(({ namespace, link }) => namespace === end.namespace && link.alias === end.alias)?.link;
}

function isIntact({ ends: [left, right] }: Pair, ours: readonly FoundLink[]): boolean {
  const found = [findEnd(left, ours), findEnd(right, ours)];
  return (
    found[0] !== undefined &&
    found[1] !== undefined &&
    found[0].peer === found[1].index &&
    found[1].peer === found[0].index
  );
}

/**
 * Links that an executor made and was killed before it could label them: no alias, but the hardware address that
 * only they have.
 */
function labelNewborn({ bridge, pairs }: Layout, observed: ObservedNetwork): NetworkStep[] {
  const wanted = [
    ...pairs.flatMap(({ ends, item }) => ends.map((end) => ({ ...end, item, kind: 'veth' }))),
    ...(bridge ? [{ ...bridge, namespace: null, item: null, kind: 'bridge' }] : []),
  ];
  return wanted.flatMap(({ namespace, mac, alias, item, kind }) =>
    linksIn(namespace, observed)
      .filter((link) => link.alias === null && link.mac === mac && link.kind === kind)
      .map((link): NetworkStep => ({ name: 'link.label', item, namespace, link: link.name, mac, alias })),
  );
}

function planBridge(bridge: Bridge | null, ours: readonly FoundLink[], observed: ObservedNetwork): NetworkStep[] {
  if (!bridge) return [];
  const found = ours.find(({ namespace, link }) => namespace === null && link.alias === bridge.alias)?.link;
  if (!found) {
    refuseOccupied(null, bridge.name, 'bridge.create', observed);
    return [{ name: 'bridge.create', item: null, bridge: bridge.name, alias: bridge.alias, mac: bridge.mac }];
  }
  const change = {
    ...(found.name === bridge.name ? {} : { name: bridge.name }),
    ...(found.up ? {} : { up: true }),
  };
  if (found.name !== bridge.name) refuseOccupied(null, bridge.name, 'link.change', observed);
  return Object.keys(change).length === 0
    ? []
    : [{ name: 'link.change', item: null, namespace: null, alias: bridge.alias, change }];
}

function createPair(pair: Pair, ours: readonly FoundLink[], observed: ObservedNetwork): NetworkStep {
  const [left, right] = pair.ends;
  const ends = [newEnd(left, ours, observed), newEnd(right, ours, observed)] as const;
  return { name: 'veth.create', item: pair.item, ends };
}

/** Where another link of the same segment has the name, the new one waits under a temporary one, down. */
function newEnd(end: End, ours: readonly FoundLink[], observed: ObservedNetwork): NewEnd {
  const old = predecessor(end, ours);
  if (!old) refuseOccupied(end.namespace, end.name, 'veth.create', observed);
  return { ...end, name: old ? temporaryName(end) : end.name, up: old === undefined };
}

/** The link of the same segment in the same container that is to go when `end` is there. */
function predecessor(end: End, ours: readonly FoundLink[]): Link | undefined {
  if (end.namespace === null) return undefined;
  return ours.find(
    ({ namespace, link }) => namespace === end.namespace && link.alias !== end.alias && link.name === end.name,
  )?.link;
}

/** A link that was made under a temporary name, now or before an executor was killed, takes its predecessor's place. */
function replaceEnd(end: End, ours: readonly FoundLink[]): Replacement[] {
  const old = predecessor(end, ours);
  if (end.namespace === null || !old) return [];
  return [{ namespace: end.namespace, from: old.alias ?? '', to: end.alias, name: end.name }];
}

/** What was changed by hand on a link that is there, or left undone. */
function changeEnd(
  end: End,
  ours: readonly FoundLink[],
  observed: ObservedNetwork,
  replacements: readonly Replacement[],
): NetworkStep[] {
  const found = findEnd(end, ours);
  if (!found || replacements.some(({ namespace, to }) => namespace === end.namespace && to === end.alias)) return [];
  const master = observed.host.find(({ index }) => index === found.master)?.name;
  const change = {
    ...(found.name === end.name ? {} : { name: end.name }),
    ...(end.bridge === null || master === end.bridge ? {} : { bridge: end.bridge }),
    ...(found.up ? {} : { up: true }),
  };
  if (Object.keys(change).length === 0) return [];
  if (found.name !== end.name) refuseOccupied(end.namespace, end.name, 'link.change', observed);
  return [{ name: 'link.change', item: end.namespace, namespace: end.namespace, alias: end.alias, change }];
}

function deleteSteps(ends: readonly { readonly namespace: string | null; readonly alias: string }[]): NetworkStep[] {
  const byNamespace = Map.groupBy(ends, ({ namespace }) => namespace);
  // The host's first: with them their other ends go, so that the containers have little left to do.
  const places = [...byNamespace.keys()].sort((left, right) => Number(left !== null) - Number(right !== null));
  return places.map((namespace) => ({
    name: 'links.delete',
    item: namespace,
    namespace,
    aliases: (byNamespace.get(namespace) ?? []).map(({ alias }) => alias),
  }));
}

function refuseOccupied(namespace: string | null, name: string, step: string, observed: ObservedNetwork): void {
  const occupant = linksIn(namespace, observed).find((link) => link.name === name);
  if (!occupant) return;
  const place = namespace === null ? 'on the host' : `in namespace ${namespace}`;
  const mark =
    occupant.alias === null
      ? `a ${occupant.kind ?? 'physical'} device without weft's label`
      : `labelled "${occupant.alias}"`;
  throw new Problem('conflict', `Link ${name} ${place} is there already and is not this network's: ${mark}`, {
    step,
    hint: 'Rename or remove that link, or choose another id',
  });
}
