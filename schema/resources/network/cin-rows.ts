import type { CinForwarding } from '../../api/fleet/hypervisors.ts';
import type { cinCens, cins } from '../../tables/cins.ts';
import type { cens } from '../../tables/networks.ts';

/* Columns of CINs and addresses that both operations and scans read. */

type Cin = typeof cins.$inferSelect;
type CinCen = typeof cinCens.$inferSelect;

export interface CinRow extends Readonly<Pick<Cin, 'id' | 'name' | 'generation'>> {
  /** It is to be made. */
  readonly wanted: number;
  /** `cin_forwarding` of its hypervisor's config. */
  readonly forwarding: CinForwarding;
}

/** What is made of a CEN in a CIN: according to the last operations that succeeded, or for a scan as it is to be. */
interface Made {
  readonly cin_made: number;
  readonly cen_made: number;
}

/** A CEN of a CIN; those of one CIN are in its order. */
export interface CinCenRow
  extends Readonly<Pick<CinCen, 'id' | 'cin' | 'cen'>>,
    Readonly<Pick<Cin, 'first' | 'prefix'>>,
    Made {
  readonly link_name: (typeof cens.$inferSelect)['linkName'];
}

/**
 * The interface of a container in one CEN of a CIN, and its address there; those of one CIN are in the order of its
 * CENs: the first that is made has the address.
 */
export interface AddressRow
  extends Readonly<Pick<CinCen, 'cin' | 'cen'>>,
    Readonly<Pick<Cin, 'first' | 'prefix'>>,
    Made {
  /** By its name. */
  readonly container: string;
  /** By its name. */
  readonly cin_name: string;
  readonly offset: number;
  readonly ordinal: number;
  /**
   * The name of the CIN that the container's default route is to go via; null: the lowest one. According to the last
   * operation that succeeded, or for a scan as it is to be.
   */
  readonly default_route: string | null;
}

/** Columns of {@link CinRow} over `i`. */
export const cinColumns = `
  i.id, i.name, i.generation, (i.desired = 'present' AND coalesce(i.spec ->> '$.made', 0)) AS wanted,
  (SELECT CASE WHEN h.config ->> '$.cin_forwarding' IN ('on', 'nat') THEN h.config ->> '$.cin_forwarding' ELSE 'off' END
    FROM hypervisors h WHERE h.id = i.hypervisor) AS forwarding`;

/** Columns of {@link CinCenRow} over `x`, `i` and the CEN `n`, but for what is made. */
export const cinCenColumns = 'x.id, x.cin, x.cen, i.first, i.prefix, n.link_name';

/** Columns of {@link AddressRow} over `a`, `i`, `m` and `c`, but for what is made, and the default route. */
export const addressColumns =
  'c.name AS container, a.cin, i.name AS cin_name, m.cen, i.first, i.prefix, a.offset, m.ordinal';

/** What is made, over `i` and `n`, after the last operations that succeeded, and as it is to be. */
export const appliedMade =
  "coalesce(i.applied_spec ->> '$.made', 0) AS cin_made, coalesce(n.applied_spec ->> '$.made', 0) AS cen_made";
export const wantedMade =
  "(i.desired = 'present' AND coalesce(i.spec ->> '$.made', 0)) AS cin_made, coalesce(n.spec ->> '$.made', 0) AS cen_made";

/** The CIN of the default route, over `c`, after the last operation that succeeded, and as it is to be. */
export const appliedRoute = "c.applied_spec ->> '$.default_route' AS default_route";
export const wantedRoute = "c.spec ->> '$.default_route' AS default_route";
