import type { cens, containers, members } from '../../tables/networks.ts';
import type { AddressRow, CinCenRow, CinRow } from './cin-rows.ts';

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

/** CENs with their members, containers with their addresses, CINs, and the CENs of all CINs that have to do with them. */
export interface NetworkRows {
  readonly cens: readonly CenRow[];
  readonly members: readonly MemberRow[];
  readonly containers: readonly ContainerRow[];
  readonly cins: readonly CinRow[];
  readonly cinCens: readonly CinCenRow[];
  readonly addresses: readonly AddressRow[];
}

/** Columns of {@link CenRow} over `n`, and of {@link ContainerRow} over `c`. */
export const cenColumns = "n.id, n.name, n.link_name, n.generation, coalesce(n.spec ->> '$.made', 0) AS wanted";
export const containerColumns =
  "c.id, c.name, c.generation, c.desired, coalesce(c.applied_spec ->> '$.namespace', 0) AS namespace";
