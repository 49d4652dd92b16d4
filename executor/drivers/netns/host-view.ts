/* What an observation of the host returns, and what it is asked for. */

/** A network device, as RTM_GETLINK shows it. */
export interface Link {
  index: number;
  name: string;
  alias: string | null;
  /** IFLA_INFO_KIND: `veth`, `bridge`, …; null for a device without one, such as a physical one or `lo`. */
  kind: string | null;
  /** Six bytes in lower-case hexadecimal; null for a device without such an address. */
  mac: string | null;
  /** Bytes. */
  mtu: number;
  /** IFF_UP: administratively up, with or without a carrier. */
  up: boolean;
  /** Index of the bridge that it is a port of. */
  master: number | null;
  /** Of a veth: index of its other end, in whichever namespace that is. */
  peer: number | null;
}

export interface NamespaceView {
  name: string;
  /** Its owner's label; null if `createNamespace` did not make it. */
  label: string | null;
  /** False if the name exists without a namespace: half-made, or something else. */
  mounted: boolean;
  /** All its links, `lo` included. */
  links: Link[];
  /** Null unless it was asked for, and if nothing is mounted. */
  addressing: Addressing | null;
}

export interface HostView {
  /** Links of the namespace in which the driver was opened: all, or the selected ones. */
  links: Link[];
  namespaces: NamespaceView[];
  /** Of the host's namespace; null unless it was asked for. */
  addressing: Addressing | null;
}

/** What IPv4 knows of a namespace. */
export interface Addressing {
  addresses: readonly Ipv4Address[];
  /** Those of the main table. */
  routes: readonly Ipv4Route[];
  /** Whether an interface answers ARP only for its own addresses and asks only with them: arp_ignore 1, arp_announce 2. */
  strictArp: boolean;
}

/** An address of a link, as RTM_GETADDR shows it. */
export interface Ipv4Address {
  /** Of the link. */
  index: number;
  address: string;
  prefix: number;
  /** RT_SCOPE_* of <linux/rtnetlink.h>: 0 is valid everywhere, 253 on the link, 254 on the host. */
  scope: number;
}

/** A route of the main table, as RTM_GETROUTE shows it; one with several next hops is one entry for each. */
export interface Ipv4Route {
  /** `0.0.0.0` of the default route. */
  destination: string;
  prefix: number;
  gateway: string | null;
  /** Of the link; null for a route that leads to none, such as one that rejects. */
  index: number | null;
  metric: number;
  /** Who made it, RTPROT_*: 2 the kernel, 3 `ip route`, 4 an administrator, 87 (`ROUTE_PROTOCOL`) this driver. */
  protocol: number;
  table: number;
}

/** Selects the namespaces whose addressing is read. */
export interface AddressingSelection {
  /** Of those that are viewed. */
  readonly namespaces: readonly string[];
  readonly host: boolean;
}

/** Selects links of the host's namespace. The bridges that they are ports of are included. */
export interface LinkSelection {
  /** Those whose alias has one of these as its first word, up to a space. */
  owners: readonly string[];
  /** Those that have one of these aliases. */
  aliases: readonly string[];
  /** Those with one of these names, whatever their labels. */
  names: readonly string[];
}
