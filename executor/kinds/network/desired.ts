import type { CinForwarding } from '../../../schema/api/fleet/hypervisors.ts';
import type { ImageSettings } from '../../../schema/resources/images/rows.ts';
import type { ContainerProcess, SeenProcess } from '../../../schema/resources/network/process.ts';

/** The desired state of one part of a hypervisor's container network. Each element has the label of its resource. */
export interface Network {
  readonly namespaces: readonly NamespaceSpec[];
  readonly segments: readonly SegmentSpec[];
  readonly isolations: readonly IsolationSpec[];
  /** Only of containers that have one, or had one before. */
  readonly processes: readonly ProcessSpec[];
}

/** The process of a container. */
export interface ProcessSpec {
  /** The id of the container. */
  readonly owner: string;
  /** The container's own name, which is that of its namespace. */
  readonly container: string;
  readonly label: string;
  /** Null: neither a process nor its writable layer may be there. */
  readonly run: RunSpec | null;
}

export interface RunSpec {
  readonly process: ContainerProcess;
  /** As it was last recorded. */
  readonly seen: SeenProcess | null;
  /** It was never started for {@link ContainerProcess.asked}. */
  readonly isFirst: boolean;
  readonly limits: { readonly memory: number | null; readonly cpus: number | null };
  /** What the aliases of its interfaces begin with: it starts only when all of them are there. */
  readonly interfaces: readonly string[];
  /** Of the container, in its CINs. */
  readonly addresses: readonly string[];
  readonly stop: StopSpec;
  readonly images: ImageSettings;
  /** Directories of the host; what is below them may be mounted into containers. */
  readonly mountRoots: readonly string[];
}

/** How the process is asked to end. */
export interface StopSpec {
  /** Null: as its image says. */
  readonly signal: string | null;
  /** Milliseconds until SIGKILL. */
  readonly graceMs: number;
}

export interface NamespaceSpec {
  readonly name: string;
  readonly label: string;
  readonly present: boolean;
  /** Its IPv4 addresses; undefined: it has to do with no CIN, and whatever it has is its own business. */
  readonly addressing?: AddressingSpec;
}

/** The IPv4 addresses of a container in CINs. What else it has is its own business. */
export interface AddressingSpec {
  readonly addresses: readonly AddressSpec[];
  /** Null: one that weft made is removed. */
  readonly defaultRoute: { readonly via: string; readonly end: string } | null;
}

export interface AddressSpec {
  /** What the alias of the interface begins with: the label and the full name of the link's end. */
  readonly end: string;
  readonly address: string;
  readonly prefix: number;
  readonly present: boolean;
}

/** One CEN: nothing, a wire between two containers or a bridge with a port for each member. */
export interface SegmentSpec {
  readonly name: string;
  readonly label: string;
  /** Name of the bridge, and of the interface in each container. */
  readonly linkName: string;
  readonly made: boolean;
  readonly members: readonly MemberSpec[];
  /**
   * Set if the segment is a bridge before and after, and only some of its members change: these are to be removed,
   * `members` are those that are to be there, and all others are not changed.
   */
  readonly without?: readonly MemberSpec[];
  /** Set if the segment is in a CIN, or leaves one. */
  readonly cin?: CinPlace;
}

/** The place of a segment in a CIN: their bridges are joined in a star around the first one, which has the gateway. */
export interface CinPlace {
  /** The CIN is made: the segment is a bridge, whatever the number of its members. */
  readonly made: boolean;
  readonly gateway: GatewaySpec;
  /** Null: none. */
  readonly uplink: UplinkSpec | null;
}

/** Neighbours know the gateway by one hardware address, whichever bridge has it. */
export interface GatewaySpec {
  readonly address: string;
  readonly prefix: number;
  readonly mac: string;
  readonly present: boolean;
}

/** A link from a bridge to the first one of its CIN. */
export interface UplinkSpec {
  /** The first bridge, and the label of its CEN. */
  readonly bridge: string;
  readonly label: string;
  /** The names of its two ends, the own one first. */
  readonly ends: readonly [string, string];
}

/** Packets that come in from the bridges of a CIN reach only its own gateway, and other networks as `forwarding` says. */
export interface IsolationSpec {
  readonly name: string;
  /** The CIN's label, which owns the rule. */
  readonly label: string;
  readonly present: boolean;
  readonly bridges: readonly string[];
  readonly gateway: { readonly bridge: string; readonly address: string } | null;
  readonly forwarding: CinForwarding;
}

export interface MemberSpec {
  /** The container's id, which is its namespace's name. */
  readonly container: string;
  readonly ordinal: number;
  /** The end that is a port of the bridge. */
  readonly outside: string;
}

export type WiringType = 'wire' | 'bridge' | null;

/** How a segment is wired, by its number of members: fewer than two need no links yet, unless it has a gateway. */
export function wiringType({
  made,
  members,
  without,
  cin,
}: Pick<SegmentSpec, 'made' | 'members' | 'without' | 'cin'>): WiringType {
  if (made && (without !== undefined || cin?.made === true)) return 'bridge';
  if (!made || members.length < 2) return null;
  return members.length === 2 ? 'wire' : 'bridge';
}
