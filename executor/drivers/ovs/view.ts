import { type Cache, LABEL_KEY } from './cache.ts';
import type { BridgeRow, InterfaceRow, PortRow } from './rows.ts';

/* What an observation of Open vSwitch returns. */

export interface OvsInterface {
  readonly name: string;
  /** Empty or `system`: a device of the host; `internal`, `vxlan`, … */
  readonly type: string;
  /** Its OpenFlow number: null until ovs-vswitchd has tried to make it, -1 if it failed. */
  readonly ofport: number | null;
  /** Why it failed, in the words of ovs-vswitchd. */
  readonly error: string | null;
  /** Of the device in the namespace of ovs-vswitchd; 0 if it is gone. */
  readonly ifindex: number | null;
  /**
   * The device is gone or is another one now. In userspace ovs-vswitchd keeps the old one open: no frame passes until the
   * port is attached again, whatever the other members say. What happened while the driver was away is not known.
   */
  readonly replaced: boolean;
  readonly linkState: 'up' | 'down' | null;
  readonly externalIds: Readonly<Record<string, string>>;
}

export interface OvsPort {
  readonly name: string;
  /** Null if this driver did not make it. */
  readonly label: string | null;
  readonly tag: number | null;
  readonly externalIds: Readonly<Record<string, string>>;
  /** One, except for a bond. */
  readonly interfaces: readonly OvsInterface[];
}

export interface OvsBridge {
  readonly name: string;
  readonly label: string | null;
  /** `system`, `netdev`, or another that Open vSwitch was built with. */
  readonly datapath: string;
  readonly externalIds: Readonly<Record<string, string>>;
  /** Its local port, of the same name, included; sorted by name. */
  readonly ports: readonly OvsPort[];
}

export interface OvsView {
  /** Sorted by name. */
  readonly bridges: readonly OvsBridge[];
}

export function viewOf(cache: Cache): OvsView {
  return { bridges: [...cache.bridges.values()].map((row) => bridgeView(cache, row)).sort(byName) };
}

export function labelOf(externalIds: Readonly<Record<string, string>>): string | null {
  return externalIds[LABEL_KEY] ?? null;
}

function bridgeView(cache: Cache, { name, ports, datapathType, externalIds }: BridgeRow): OvsBridge {
  const rows = ports.flatMap((id) => cache.ports.get(id) ?? []);
  return {
    ...{ name, label: labelOf(externalIds), externalIds },
    // An empty text is Open vSwitch's default.
    datapath: datapathType === '' ? 'system' : datapathType,
    ports: rows.map((row) => portView(cache, row)).sort(byName),
  };
}

function portView(cache: Cache, { name, interfaces, tag, externalIds }: PortRow): OvsPort {
  const rows = interfaces.flatMap((id) => cache.interfaces.get(id) ?? []);
  return { name, label: labelOf(externalIds), tag, externalIds, interfaces: rows.map(interfaceView) };
}

function interfaceView(row: InterfaceRow): OvsInterface {
  const { openedIndex: _, ...rest } = row;
  return { ...rest, replaced: isReplaced(row) };
}

/** Whether the device is not the one that ovs-vswitchd has opened. */
export function isReplaced({ ifindex, openedIndex }: InterfaceRow): boolean {
  return ifindex === 0 || ifindex !== openedIndex;
}

function byName(left: { readonly name: string }, right: { readonly name: string }): number {
  return left.name < right.name ? -1 : 1;
}
