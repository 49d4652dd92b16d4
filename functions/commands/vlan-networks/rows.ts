import { specColumns, vlanNetworkSubject } from '../../../schema/resources/vlan-networks/rows.ts';
import type { RowOf } from '../../../schema/tables/row.ts';
import type { foreignNetworks, vlanNetworks } from '../../../schema/tables/vlan-networks.ts';
import type { Scope } from '../networks/places.ts';

/* What reads select of networks: of weft's own, `n`, and of the others, `f`, each with its hypervisor, `h`. */

export interface NetworkRow
  extends Pick<RowOf<typeof vlanNetworks>, 'name' | 'hypervisor' | 'desired' | 'state' | 'autostart' | 'persistent'>,
    Pick<RowOf<typeof foreignNetworks>, 'bridge' | 'vlan'> {
  readonly host: string;
  readonly managed: number;
  readonly problem: string | null;
  /** An unfinished operation changes it. */
  readonly busy: number;
  /** Its host has no libvirt at the moment, or libvirt does not respond. */
  readonly unknown: number;
}

const unknown = "NOT coalesce(h.capabilities ->> '$.libvirt.available', 0)";

export const managedColumns = `
  n.name AS name, n.hypervisor AS hypervisor, h.name AS host, 1 AS managed, n.desired, n.state, n.autostart, n.persistent,
  ${specColumns}, n.error ->> '$.detail' AS problem, ${unknown} AS unknown,
  EXISTS (SELECT 1 FROM operation_subjects s WHERE s.subject = ${vlanNetworkSubject}) AS busy`;

export const foreignColumns = `
  f.name, f.hypervisor, h.name, 0, 'present', f.state, f.autostart, f.persistent, f.bridge, f.vlan, NULL, ${unknown}, 0`;

/** A name that both have is weft's: it says what is wrong with it. */
export const notManaged = `NOT EXISTS (
  SELECT 1 FROM vlan_networks x WHERE x.hypervisor = f.hypervisor AND x.name = f.name)`;

/** What a list contains. */
export type Kept = `${Scope} ${'all' | 'managed'}`;

export function keptOf(scope: Scope, managedOnly: boolean): Kept {
  return `${scope} ${managedOnly ? 'managed' : 'all'}`;
}
