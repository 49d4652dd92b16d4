import type { NonnullDomain, NonnullNetwork, NonnullStoragePool } from './protocol/remote.ts';

/** A domain, a network or a storage pool: libvirt finds it by its UUID, and puts its name into messages. */
export interface Reference {
  readonly uuid: string;
  readonly name: string;
}

/** On the wire. libvirt does not look at the id of a domain. */
export function domainOf({ uuid, name }: Reference): NonnullDomain {
  return { uuid, name, id: -1 };
}

export function networkOf({ uuid, name }: Reference): NonnullNetwork {
  return { uuid, name };
}

export function poolOf({ uuid, name }: Reference): NonnullStoragePool {
  return { uuid, name };
}
