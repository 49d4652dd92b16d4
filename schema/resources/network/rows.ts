import type { cens, containers, members } from '../../tables/networks.ts';

/* What is read of containers, CENs and memberships, for operations and for looks alike. */

type Cen = typeof cens.$inferSelect;
type Container = typeof containers.$inferSelect;
type Member = typeof members.$inferSelect;

export interface CenRow extends Readonly<Pick<Cen, 'id' | 'name' | 'generation'>> {
  readonly link_name: Cen['linkName'];
  /** It is to be made. */
  readonly wanted: number;
}

export interface ContainerRow extends Readonly<Pick<Container, 'id' | 'name' | 'generation' | 'desired'>> {
  /** Its namespace is there, as far as the last operation said. */
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
