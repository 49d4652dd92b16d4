import type { cens, containers, members } from '../../tables/networks.ts';

/* Columns of containers, CENs and memberships that both operations and scans read. */

type Cen = typeof cens.$inferSelect;
type Container = typeof containers.$inferSelect;
type Member = typeof members.$inferSelect;

export interface CenRow extends Readonly<Pick<Cen, 'id' | 'name' | 'generation'>> {
  readonly link_name: Cen['linkName'];
  /** It is to be made. */
  readonly wanted: number;
}

export interface ContainerRow extends Readonly<Pick<Container, 'id' | 'name' | 'generation' | 'desired'>> {
  /** Its namespace exists, according to the last operation that succeeded. */
  readonly namespace: number;
}

/** A membership; the container by its name. */
export type MemberRow = Readonly<Pick<Member, 'container' | 'ordinal' | 'outside'>>;

/** CENs, their members, and containers. */
export interface NetworkRows<
  SomeCen extends CenRow = CenRow,
  SomeMember extends MemberRow = MemberRow,
  SomeContainer extends ContainerRow = ContainerRow,
> {
  readonly cens: readonly SomeCen[];
  readonly members: readonly SomeMember[];
  readonly containers: readonly SomeContainer[];
}

/** Columns of {@link CenRow} over `n`, and of {@link ContainerRow} over `c`. */
export const cenColumns = "n.id, n.name, n.link_name, n.generation, coalesce(n.spec ->> '$.made', 0) AS wanted";
export const containerColumns =
  "c.id, c.name, c.generation, c.desired, coalesce(c.applied_spec ->> '$.namespace', 0) AS namespace";
