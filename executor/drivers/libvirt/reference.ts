import type { NonnullDomain, NonnullNetwork } from './protocol/remote.ts';

/** A domain or a network: libvirt finds it by its UUID, and puts its name into messages. */
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
