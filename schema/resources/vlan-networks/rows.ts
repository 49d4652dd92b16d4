import type { RowOf } from '../../tables/row.ts';
import type { vlanNetworks } from '../../tables/vlan-networks.ts';

/** Positions in a subject, `hypervisors/<UUID>/networks/<name>`, counted from 1 as in SQL. */
const KIND_AT = 'hypervisors/'.length + 36 + 1;
const NAME_AT = KIND_AT + '/networks/'.length;

/** Of a row of vlan_networks, `n`. */
export const vlanNetworkSubject = "'hypervisors/' || n.hypervisor || '/networks/' || n.name";

export function vlanNetworkSubjectOf(hypervisor: string, name: string): string {
  return `hypervisors/${hypervisor}/networks/${name}`;
}

export function vlanNetworkOfSubject(subject: string): string {
  return subject.slice(NAME_AT - 1);
}

/** The name of a network in a subject, as SQL. */
export function vlanNetworkNameIn(subject: string): string {
  return `substr(${subject}, ${NAME_AT})`;
}

/** Whether a subject is that of a VLAN network, as SQL. */
export function isVlanNetworkSubject(subject: string): string {
  return `substr(${subject}, ${KIND_AT}, 10) = '/networks/'`;
}

/** What is wanted of a network: the spec of its row. */
export interface VlanNetworkSpec {
  /** A bridge of Open vSwitch. */
  readonly bridge: string;
  /** The tag of its ports, 1 to 4094. */
  readonly vlan: number;
}

/** A network as libvirt has it. */
export interface SeenNetwork {
  readonly uuid: string;
  readonly state: 'active' | 'inactive';
  readonly autostart: boolean;
  readonly persistent: boolean;
}

/** Of a row of vlan_networks, `n`. */
export const specColumns = "n.spec ->> '$.bridge' AS bridge, n.spec ->> '$.vlan' AS vlan";

const rowColumns = ['id', 'name', 'generation', 'desired', 'state', 'autostart', 'persistent', 'uuid'] as const;

/** `id` is the UUID that libvirt is to know it by. */
export interface VlanNetworkRow
  extends Pick<RowOf<typeof vlanNetworks>, (typeof rowColumns)[number]>,
    VlanNetworkSpec {}
export const vlanNetworkColumns = `${rowColumns.map((column) => `n.${column}`).join(', ')}, ${specColumns}`;

export interface VlanNetworkRows {
  readonly name: string;
  /** Undefined: it was deleted. */
  readonly row: VlanNetworkRow | undefined;
}
