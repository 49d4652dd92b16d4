/* The requests that change the host, one for each verb of the driver. */

export interface VethEnd {
  /** Null: the host's own. */
  namespace: string | null;
  name: string;
  alias: string;
  mac: string;
  /** Name of the bridge, in the same namespace, that it becomes a port of. */
  bridge?: string;
  up: boolean;
}

export interface Replacement {
  namespace: string;
  /** Alias of the old link, which may no longer exist. */
  from: string;
  /** Alias of the new link. */
  to: string;
  /** The final name of the new link. */
  name: string;
}

export interface NamespaceRequest {
  name: string;
  label: string;
}

export interface BridgeRequest {
  name: string;
  alias: string;
  mac: string;
  /** True by default. */
  up?: boolean;
}

export interface VethRequest {
  ends: readonly [VethEnd, VethEnd];
}

export interface ChangeRequest {
  namespace: string | null;
  alias: string;
  name?: string;
  up?: boolean;
  /** Name of a bridge in the same namespace; null removes the link from its bridge. */
  bridge?: string | null;
}

export interface LabelRequest {
  namespace: string | null;
  name: string;
  mac: string;
  alias: string;
}

export interface DeleteLinksRequest {
  namespace: string | null;
  aliases: readonly string[];
}

export interface EnableRequest {
  links: readonly { readonly namespace: string | null; readonly name: string; readonly alias: string }[];
}

export interface ReplaceRequest {
  replacements: readonly Replacement[];
}

/** An address with the length in bits of its network's prefix. */
export interface Ipv4Prefix {
  /** In dotted notation, `10.10.0.1`. */
  address: string;
  prefix: number;
}

/**
 * `alias` is that of the link, `mac` its new hardware address; `via` is the gateway's address. A default route can only be
 * changed in a named namespace.
 */
export type AddressChange =
  | { readonly alias: string; readonly add: Ipv4Prefix }
  | { readonly alias: string; readonly remove: Ipv4Prefix }
  | { readonly alias: string; readonly mac: string }
  /** What the link's neighbour table has of an address, which somebody else has now. */
  | { readonly alias: string; readonly forget: string }
  | { readonly defaultRoute: DefaultRoute };

export type DefaultRoute =
  | { readonly via: string; readonly alias: string }
  | { readonly remove: { readonly via: string } };

/** Changes are made in their order, all in one system call. */
export interface AddressRequest {
  namespace: string | null;
  changes: readonly AddressChange[];
  /** No neighbour can have known one of the addresses before: they are not announced. */
  unannounced?: boolean;
}
