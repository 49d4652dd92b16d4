import type { Datapath } from './datapath.ts';

/* The requests that change Open vSwitch, one for each verb of the driver. */

export interface BridgeRequest {
  readonly name: string;
  readonly label: string;
  /** By default that of an existing bridge, and for a new one the best that the host has. */
  readonly datapath?: Datapath;
  /** The hardware address of its local port; by default Open vSwitch chooses one, which changes with the ports. */
  readonly mac?: string;
}

export interface DeleteBridgeRequest {
  readonly name: string;
  readonly label: string;
}

export interface AttachRequest {
  /** Of anybody. */
  readonly bridge: string;
  /** The name of the port and of its device. */
  readonly port: string;
  readonly label: string;
  /** The VLAN that it is an access port of, 0 to 4095; a trunk of all by default. */
  readonly tag?: number | null;
  /** `system`: an existing device (the default); `internal`: one that Open vSwitch makes; or another of its types. */
  readonly type?: string;
}

/**
 * What proves that a port is the caller's: its label, or the domain (external_ids:vm-id of its interface) that libvirt
 * made it for.
 */
export type PortProof = { readonly label: string } | { readonly vmId: string };

export type DetachRequest = PortProof & { readonly port: string };

export type TagRequest = PortProof & {
  readonly port: string;
  /** The VLAN, 0 to 4095; null: a trunk of all. */
  readonly tag: number | null;
};
