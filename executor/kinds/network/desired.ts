/** The desired state of one part of a hypervisor's container network. Each element has the label of its resource. */
export interface Network {
  readonly namespaces: readonly NamespaceSpec[];
  readonly segments: readonly SegmentSpec[];
}

export interface NamespaceSpec {
  readonly name: string;
  readonly label: string;
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
}

export interface MemberSpec {
  /** The container's id, which is its namespace's name. */
  readonly container: string;
  readonly ordinal: number;
  /** The end that is a port of the bridge. */
  readonly outside: string;
}

export type WiringType = 'wire' | 'bridge' | null;

/** How a segment is wired, by its number of members: fewer than two need no links yet. */
export function wiringType({ made, members, without }: Pick<SegmentSpec, 'made' | 'members' | 'without'>): WiringType {
  if (made && without !== undefined) return 'bridge';
  if (!made || members.length < 2) return null;
  return members.length === 2 ? 'wire' : 'bridge';
}
