/** What is wanted of one part of a hypervisor's container network. Everything in it is named by its resource. */
export interface Network {
  readonly namespaces: readonly NamespaceSpec[];
  readonly segments: readonly SegmentSpec[];
}

export interface NamespaceSpec {
  readonly name: string;
  readonly label: string;
  readonly present: boolean;
}

/** One CEN: nothing, a wire between two containers or a bridge among more. */
export interface SegmentSpec {
  readonly name: string;
  readonly label: string;
  /** Name of the bridge, and of the interface in each container. */
  readonly linkName: string;
  readonly made: boolean;
  readonly members: readonly MemberSpec[];
  /**
   * Set where the segment has a bridge and keeps it, and only some of its members change: these are not to be in it any
   * more, `members` are those that are to be there, and all others are left as they are.
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

/** How a segment of so many containers is wired: one or none have nobody to talk to yet. */
export function wiringType({ made, members, without }: Pick<SegmentSpec, 'made' | 'members' | 'without'>): WiringType {
  if (made && without !== undefined) return 'bridge';
  if (!made || members.length < 2) return null;
  return members.length === 2 ? 'wire' : 'bridge';
}
