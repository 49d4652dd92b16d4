import { Problem } from '../../../schema/problem.ts';
import type { Link } from '../../drivers/netns/driver.ts';
import type { SegmentSpec } from './desired.ts';
import { type Bridge, type End, type Layout, layout, type Pair, partOf, temporaryName } from './layout.ts';
import { type FoundLink, key, ObservedLinks, SegmentLinks } from './observed-links.ts';
import type { LinkReplacement, NamedLink, NetworkStep, NewVethEnd, ObservedNetwork } from './steps.ts';

type CreatePair = Extract<NetworkStep, { name: 'veth.create' }>;

/**
 * The steps of one CEN: new links are created beside the old ones and replace them; then the remaining ones are
 * deleted.
 */
export function planSegment(segment: SegmentSpec, observed: ObservedNetwork): NetworkStep[] {
  const links = ObservedLinks.of(observed);
  const wanted = layout(isUplinkPossible(segment, links) ? segment : withoutUplink(segment));
  const ours = new SegmentLinks(concerned(segment, links));
  const labels = labelNewborn(wanted, ours, links);
  if (labels.length > 0) return labels;

  const broken = wanted.pairs.filter((pair) => !isIntact(pair, ours));
  const halves = broken.flatMap(({ ends }) => ends.filter((end) => ours.find(end)));
  // The other end of such a pair was deleted, relabelled or moved to another namespace: the pair is created again.
  if (halves.length > 0) return deleteSteps(halves);

  const deferred = wanted.bridge !== null && broken.length > 1;
  const creations = broken.map((pair) => createPair(pair, deferred, ours, links));
  const wantedEnds = wanted.pairs.flatMap(({ ends }) => ends);
  const replacements = wantedEnds.flatMap((end) => replaceEnd(end, ours));
  const replaced = new Set(replacements.map(({ namespace, from }) => key(namespace, from)));
  const replacing = new Set(replacements.map(({ namespace, to }) => key(namespace, to)));
  const keep = new Set([
    ...wantedEnds.map(({ namespace, alias }) => key(namespace, alias)),
    ...(wanted.bridge ? [key(null, wanted.bridge.alias)] : []),
  ]);
  const leftover = ours.all.filter(({ namespace, link }) => {
    const found = key(namespace, link.alias ?? '');
    return !keep.has(found) && !replaced.has(found);
  });
  const bridgeDown = downBridge(wanted.bridge, deferred, ours);
  const found = wantedEnds.filter((end) => !replacing.has(key(end.namespace, end.alias)));
  const foundDown = found.filter((end) => isDown(end, ours));
  return [
    ...planBridge(wanted.bridge, deferred, ours, links),
    ...creations,
    ...(creations.length > 0 ? enableSteps([...downEnds(creations), ...bridgeDown]) : []),
    ...(replacements.length > 0 ? [{ name: 'links.replace', item: null, replacements } as const] : []),
    ...found.flatMap((end) => changeEnd(end, ours, links)),
    ...enableSteps([...foundDown, ...(creations.length > 0 ? [] : bridgeDown)]),
    ...deleteSteps(withoutOtherEnds(leftover).map(({ namespace, link }) => ({ namespace, alias: link.alias ?? '' }))),
  ];
}

/** The bridge at the other end of the uplink is another segment's, and may still have to be created. */
function isUplinkPossible({ cin }: SegmentSpec, links: ObservedLinks): boolean {
  const uplink = cin?.uplink ?? null;
  return uplink === null || links.named(null, uplink.bridge)?.alias?.startsWith(`${uplink.label} `) === true;
}

function withoutUplink(segment: SegmentSpec): SegmentSpec {
  return segment.cin === undefined ? segment : { ...segment, cin: { ...segment.cin, uplink: null } };
}

/** The links of the segment that the plan is about. */
function concerned(segment: SegmentSpec, links: ObservedLinks): readonly FoundLink[] {
  const all = links.labelled(segment.label);
  const part = partOf(segment);
  if (part === null) return all;
  return all.filter(({ namespace, link }) =>
    namespace === null ? part.aliases.has(link.alias ?? '') : part.containers.has(namespace),
  );
}

function isIntact({ ends: [left, right] }: Pair, ours: SegmentLinks): boolean {
  const found = [ours.find(left), ours.find(right)];
  return (
    found[0] !== undefined &&
    found[1] !== undefined &&
    found[0].peer === found[1].index &&
    found[1].peer === found[0].index
  );
}

/**
 * Labels links that a killed executor created and did not label: they have no alias, but a hardware address that no
 * other link has. A link that exists with its alias has no such duplicate.
 */
function labelNewborn({ bridge, pairs }: Layout, ours: SegmentLinks, links: ObservedLinks): NetworkStep[] {
  const ends = pairs.flatMap(({ ends, item }) => ends.flatMap((end) => labelSteps(end, 'veth', item, ours, links)));
  return bridge ? [...ends, ...labelSteps({ ...bridge, namespace: null }, 'bridge', null, ours, links)] : ends;
}

function labelSteps(
  end: Pick<End, 'namespace' | 'alias' | 'mac'>,
  kind: string,
  item: string | null,
  ours: SegmentLinks,
  links: ObservedLinks,
): NetworkStep[] {
  if (ours.find(end)) return [];
  const { namespace, alias, mac } = end;
  return links
    .unlabelled(namespace, mac)
    .filter((link) => link.kind === kind)
    .map((link): NetworkStep => ({ name: 'link.label', item, namespace, link: link.name, mac, alias }));
}

/**
 * `deferred`: each further port is expensive once ports are up, so if several are created none is set up before the
 * last exists; the bridge is set up after them.
 */
function planBridge(bridge: Bridge | null, deferred: boolean, ours: SegmentLinks, links: ObservedLinks): NetworkStep[] {
  if (!bridge) return [];
  const found = findBridge(bridge, ours);
  if (found?.name === bridge.name) return [];
  const { name, alias, mac } = bridge;
  if (!found) {
    refuseOccupied(null, name, 'bridge.create', links);
    return [{ name: 'bridge.create', item: null, bridge: name, alias, mac, up: !deferred }];
  }
  refuseOccupied(null, name, 'link.change', links);
  return [{ name: 'link.change', item: null, namespace: null, alias, change: { name } }];
}

function findBridge({ alias }: Bridge, ours: SegmentLinks): Link | undefined {
  return ours.find({ namespace: null, alias });
}

function createPair(pair: Pair, deferred: boolean, ours: SegmentLinks, links: ObservedLinks): CreatePair {
  const [left, right] = pair.ends;
  const ends = [newEnd(left, deferred, ours, links), newEnd(right, deferred, ours, links)] as const;
  return { name: 'veth.create', item: pair.item, ends };
}

/** The new ports that are still down. */
function downEnds(creations: readonly CreatePair[]): NewVethEnd[] {
  return creations.flatMap(({ ends }) => ends.filter(({ bridge, up }) => bridge !== null && !up));
}

function downBridge(bridge: Bridge | null, deferred: boolean, ours: SegmentLinks): NamedLink[] {
  if (!bridge) return [];
  const found = findBridge(bridge, ours);
  const isUp = found ? found.up : !deferred;
  return isUp ? [] : [{ namespace: null, name: bridge.name, alias: bridge.alias }];
}

/** An existing link that is down. */
function isDown(end: End, ours: SegmentLinks): boolean {
  return ours.find(end)?.up === false;
}

function enableSteps(ends: readonly NamedLink[]): NetworkStep[] {
  if (ends.length === 0) return [];
  const links = ends.map(({ namespace, name, alias }) => ({ namespace, name, alias }));
  return [{ name: 'links.enable', item: null, links }];
}

/** If another link of the same segment has the name, the new link gets a temporary one and stays down. */
function newEnd(end: End, deferred: boolean, ours: SegmentLinks, links: ObservedLinks): NewVethEnd {
  const old = predecessor(end, ours);
  if (!old) refuseOccupied(end.namespace, end.name, 'veth.create', links);
  return {
    ...end,
    name: old ? temporaryName(end) : end.name,
    up: old === undefined && !(deferred && end.bridge !== null),
  };
}

/** The link of the same segment in the same container that `end` replaces. */
function predecessor(end: End, ours: SegmentLinks): Link | undefined {
  const found = end.namespace === null ? undefined : ours.named(end.namespace, end.name);
  return found?.alias === end.alias ? undefined : found;
}

/** A link with a temporary name, created now or by an executor that was killed, replaces its predecessor. */
function replaceEnd(end: End, ours: SegmentLinks): LinkReplacement[] {
  const old = predecessor(end, ours);
  if (end.namespace === null || !old) return [];
  return [{ namespace: end.namespace, from: old.alias ?? '', to: end.alias, name: end.name }];
}

/** Restores the name and the bridge of an existing link. */
function changeEnd(end: End, ours: SegmentLinks, links: ObservedLinks): NetworkStep[] {
  const found = ours.find(end);
  if (!found) return [];
  const master = links.hostName(found.master);
  const change = {
    ...(found.name === end.name ? {} : { name: end.name }),
    ...(end.bridge === null || master === end.bridge ? {} : { bridge: end.bridge }),
  };
  if (Object.keys(change).length === 0) return [];
  if (found.name !== end.name) refuseOccupied(end.namespace, end.name, 'link.change', links);
  return [{ name: 'link.change', item: end.namespace, namespace: end.namespace, alias: end.alias, change }];
}

/** Without links that are deleted with their other ends on the host. */
function withoutOtherEnds(leftover: readonly FoundLink[]): FoundLink[] {
  const peers = new Map(
    leftover.flatMap(({ namespace, link }) => (namespace === null ? [[link.index, link.peer]] : [])),
  );
  return leftover.filter(
    ({ namespace, link }) => namespace === null || link.peer === null || peers.get(link.peer) !== link.index,
  );
}

function deleteSteps(ends: readonly { readonly namespace: string | null; readonly alias: string }[]): NetworkStep[] {
  const byNamespace = Map.groupBy(ends, ({ namespace }) => namespace);
  // The host's links first: their other ends are deleted with them, which leaves little to do in the containers.
  const places = [...byNamespace.keys()].sort((left, right) => Number(left !== null) - Number(right !== null));
  return places.map((namespace) => ({
    name: 'links.delete',
    item: namespace,
    namespace,
    aliases: (byNamespace.get(namespace) ?? []).map(({ alias }) => alias),
  }));
}

function refuseOccupied(namespace: string | null, name: string, step: string, links: ObservedLinks): void {
  const occupant = links.named(namespace, name);
  if (!occupant) return;
  const place = namespace === null ? 'on the host' : `in namespace ${namespace}`;
  const mark =
    occupant.alias === null
      ? `a ${occupant.kind ?? 'physical'} device without weft's label`
      : `labelled "${occupant.alias}"`;
  throw new Problem('conflict', `Link ${name} ${place} already exists and does not belong to this network: ${mark}`, {
    step,
    hint: 'Rename or remove that link, or choose another id',
  });
}
