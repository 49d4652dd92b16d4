import { hardwareAddress } from '../../../schema/names.ts';
import { type MemberSpec, type SegmentSpec, wiringType } from './desired.ts';

/** One end of a veth pair in the desired state; it is found by its alias alone. */
export interface End {
  /** Null: the host's own namespace. */
  readonly namespace: string | null;
  readonly name: string;
  readonly alias: string;
  readonly mac: string;
  /** The bridge that it is a port of. */
  readonly bridge: string | null;
}

export interface Pair {
  readonly ends: readonly [End, End];
  /** The container that a step for this pair belongs to; null: none. */
  readonly item: string | null;
}

export interface Bridge {
  readonly name: string;
  readonly alias: string;
  readonly mac: string;
}

/** The links of a segment that are observed and changed if only some of its members are. */
export interface Part {
  /** Every link of the segment in these containers. */
  readonly containers: ReadonlySet<string>;
  /** The links of the host's own namespace that have these aliases. */
  readonly aliases: ReadonlySet<string>;
}

/** The links of one segment in the desired state. */
export interface Layout {
  readonly bridge: Bridge | null;
  readonly pairs: readonly Pair[];
}

export function layout(segment: SegmentSpec): Layout {
  const [first, second] = segment.members;
  switch (wiringType(segment)) {
    case 'bridge':
      return {
        bridge: bridgeOf(segment),
        pairs: [...segment.members.map((member) => portPair(segment, member)), ...uplinkPairs(segment)],
      };
    case 'wire':
      return { bridge: null, pairs: first && second ? [wirePair(segment, first, second)] : [] };
    case null:
      return { bridge: null, pairs: [] };
  }
}

/** Null: all of the segment. */
export function partOf(segment: SegmentSpec): Part | null {
  const { members, without } = segment;
  if (without === undefined) return null;
  const concerned = [...members, ...without];
  const { bridge, pairs } = layout({ ...segment, members: concerned });
  const ends = pairs.flatMap((pair) => pair.ends.filter(({ namespace }) => namespace === null));
  return {
    containers: new Set(concerned.map(({ container }) => container)),
    aliases: new Set([...(bridge ? [bridge] : []), ...ends].map(({ alias }) => alias)),
  };
}

function bridgeOf({ label, name, linkName }: SegmentSpec): Bridge {
  return withAddress({ name: linkName, alias: `${label} ${name}` }, `${label} ${name}`);
}

function portPair(segment: SegmentSpec, member: MemberSpec): Pair {
  const fullName = `${member.container}.${member.ordinal}o`;
  const outside = {
    namespace: null,
    name: member.outside,
    alias: alias(segment, fullName, insideName(member)),
    bridge: segment.linkName,
  };
  return {
    ends: [insideEnd(segment, member, fullName), withAddress(outside, `${segment.label} ${fullName}`)],
    item: member.container,
  };
}

/** The link that joins the bridge to the first one of its CIN. */
function uplinkPairs(segment: SegmentSpec): Pair[] {
  const uplink = segment.cin?.uplink;
  if (uplink == null) return [];
  const [own, other] = uplink.ends;
  return [
    {
      ends: [
        uplinkEnd(segment, { name: own, peer: other, bridge: segment.linkName }),
        uplinkEnd(segment, { name: other, peer: own, bridge: uplink.bridge }),
      ],
      item: null,
    },
  ];
}

function uplinkEnd(
  segment: SegmentSpec,
  { name, peer, bridge }: { readonly name: string; readonly peer: string; readonly bridge: string },
): End {
  const end = { namespace: null, name, alias: alias(segment, name, peer), bridge };
  return withAddress(end, `${segment.label} ${name}`);
}

function wirePair(segment: SegmentSpec, left: MemberSpec, right: MemberSpec): Pair {
  return {
    ends: [insideEnd(segment, left, insideName(right)), insideEnd(segment, right, insideName(left))],
    item: right.container,
  };
}

/** A container keeps its hardware address in a segment when its other end changes. */
function insideEnd(segment: SegmentSpec, member: MemberSpec, peer: string): End {
  const fullName = insideName(member);
  const end = {
    namespace: member.container,
    name: segment.linkName,
    alias: alias(segment, fullName, peer),
    bridge: null,
  };
  return withAddress(end, `${segment.label} ${fullName}`);
}

/** The address is computed on first use: for existing links it is not needed, and it costs more than the rest. */
function withAddress<Rest extends object>(rest: Rest, seed: string): Rest & { readonly mac: string } {
  let mac: string | undefined;
  return {
    ...rest,
    get mac() {
      mac ??= hardwareAddress(seed);
      return mac;
    },
  };
}

/** What the alias of a container's interface begins with, whatever its other end is. */
export function insideEndOf(segmentLabel: string, member: Pick<MemberSpec, 'container' | 'ordinal'>): string {
  return `${segmentLabel} ${insideName(member)}`;
}

/** The full name of the inner end, whose link is named after the CEN. */
function insideName({ container, ordinal }: Pick<MemberSpec, 'container' | 'ordinal'>): string {
  return `${container}.${ordinal}i`;
}

/**
 * The label of a link: its resource, its full name and its other end's. A container that gets another far end gets
 * another alias, so the links that stay are distinguished from those to be deleted by their aliases.
 */
function alias({ label }: SegmentSpec, name: string, peer: string): string {
  return `${label} ${name} ${peer}`;
}

/** The name of a new link while the old one still has its name: no id begins with `_`. */
export function temporaryName(end: End): string {
  const ordinal = /\.(\d+)i /.exec(end.alias)?.[1] ?? '0';
  return `_${ordinal}i`;
}
