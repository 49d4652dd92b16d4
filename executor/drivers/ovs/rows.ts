import type { TableName } from './transaction.ts';
import { elementsOf, mapFrom, optionalNumber, optionalText, textOf, textsOf, uuidsOf } from './values.ts';

/* The rows that the driver knows, with the columns of ovs-vswitchd.conf.db(5) that it needs. */

export interface SwitchRow {
  readonly nextConfiguration: number;
  readonly currentConfiguration: number;
  readonly version: string | null;
  readonly datapathTypes: readonly string[];
}

export interface BridgeRow {
  readonly name: string;
  /** UUIDs. */
  readonly ports: readonly string[];
  readonly datapathType: string;
  readonly externalIds: Readonly<Record<string, string>>;
  readonly otherConfig: Readonly<Record<string, string>>;
}

export interface PortRow {
  readonly name: string;
  /** UUIDs. */
  readonly interfaces: readonly string[];
  readonly tag: number | null;
  readonly externalIds: Readonly<Record<string, string>>;
}

export interface InterfaceRow {
  readonly name: string;
  readonly type: string;
  /** Null until ovs-vswitchd has tried; -1 if it failed. */
  readonly ofport: number | null;
  readonly error: string | null;
  /** Of the device; 0 if it is gone. */
  readonly ifindex: number | null;
  /** What the index was when ovs-vswitchd opened the device, as far as the connection has seen it. */
  readonly openedIndex: number | null;
  readonly linkState: 'up' | 'down' | null;
  readonly externalIds: Readonly<Record<string, string>>;
}

export interface Rows {
  readonly Open_vSwitch: SwitchRow;
  readonly Bridge: BridgeRow;
  readonly Port: PortRow;
  readonly Interface: InterfaceRow;
}

/** What is monitored. Statistics are not: they change every few seconds. */
export const COLUMNS: Readonly<Record<TableName, readonly string[]>> = {
  Open_vSwitch: ['next_cfg', 'cur_cfg', 'ovs_version', 'datapath_types'],
  Bridge: ['name', 'ports', 'datapath_type', 'external_ids', 'other_config'],
  Port: ['name', 'interfaces', 'tag', 'external_ids'],
  Interface: ['name', 'type', 'ofport', 'error', 'ifindex', 'link_state', 'external_ids'],
};

export type RawRow = Readonly<Record<string, unknown>>;

/** From a row as it is sent, and what was known of it before. */
type Decoder<Row> = (row: RawRow, before: Row | undefined) => Row;

export const decoders: { readonly [Table in TableName]: Decoder<Rows[Table]> } = {
  Open_vSwitch: (row) => ({
    nextConfiguration: optionalNumber(row.next_cfg) ?? 0,
    currentConfiguration: optionalNumber(row.cur_cfg) ?? 0,
    version: optionalText(row.ovs_version),
    datapathTypes: textsOf(row.datapath_types),
  }),
  Bridge: (row) => ({
    name: textOf(row.name),
    ports: uuidsOf(row.ports),
    datapathType: textOf(row.datapath_type),
    externalIds: mapFrom(row.external_ids),
    otherConfig: mapFrom(row.other_config),
  }),
  Port: (row) => ({
    name: textOf(row.name),
    interfaces: uuidsOf(row.interfaces),
    tag: optionalNumber(row.tag),
    externalIds: mapFrom(row.external_ids),
  }),
  Interface: (row, before) => {
    const ofport = optionalNumber(row.ofport);
    const ifindex = optionalNumber(row.ifindex);
    return {
      ...{ name: textOf(row.name), type: textOf(row.type), ofport, error: optionalText(row.error), ifindex },
      // Another number: it was opened again.
      openedIndex: before?.ofport === ofport ? (before.openedIndex ?? ifindex) : ifindex,
      linkState: linkState(row.link_state),
      externalIds: mapFrom(row.external_ids),
    };
  },
};

function linkState(value: unknown): 'up' | 'down' | null {
  const [first] = elementsOf(value);
  return first === 'up' || first === 'down' ? first : null;
}
