import type { LibvirtCaller } from '../connection.ts';
import { procedures } from '../protocol/remote.ts';
import { domainOf, type Reference } from '../reference.ts';
import { readState } from './read.ts';
import { isActive } from './words.ts';

/** VIR_DOMAIN_AFFECT_CONFIG; VIR_DOMAIN_MEM_MAXIMUM and VIR_DOMAIN_VCPU_MAXIMUM are the same number. */
const CONFIG = 2;
const MAXIMUM = 4;
/** VIR_DOMAIN_AFFECT_LIVE, VIR_DOMAIN_METADATA_ELEMENT. */
const LIVE = 1;
const METADATA_ELEMENT = 2;

/** An element of metadata. */
export interface Metadata {
  /** The prefix that it has in the definition. */
  readonly prefix: string;
  /** Its XML, without the prefix and the namespace, which libvirt adds. */
  readonly xml: string;
}

/** In its definition, if it has one, and in what is running. */
export async function setMetadata(
  caller: LibvirtCaller,
  domain: Reference,
  { namespace, metadata }: { readonly namespace: string; readonly metadata: Metadata | null },
  deadlineMs: number,
): Promise<void> {
  const dom = domainOf(domain);
  const [{ state }, { persistent }] = await Promise.all([
    readState(caller, domain, deadlineMs),
    caller.call(procedures.domainIsPersistent, { dom }, deadlineMs),
  ]);
  const values = {
    ...{ dom, type: METADATA_ELEMENT, uri: namespace },
    ...{ metadata: metadata?.xml ?? null, key: metadata?.prefix ?? null },
    flags: (isActive(state) ? LIVE : 0) | (persistent === 1 ? CONFIG : 0),
  };
  // libvirt accepts the removal of what is not there.
  await caller.call(procedures.domainSetMetadata, values, deadlineMs);
}

export async function setAutostart(
  caller: LibvirtCaller,
  domain: Reference,
  autostart: boolean,
  deadlineMs: number,
): Promise<void> {
  const values = { dom: domainOf(domain), autostart: autostart ? 1 : 0 };
  await caller.call(procedures.domainSetAutostart, values, deadlineMs);
}

/** The maximum, and what the guest has of it. */
export async function setMemory(
  caller: LibvirtCaller,
  domain: Reference,
  kib: number,
  deadlineMs: number,
): Promise<void> {
  const values = { dom: domainOf(domain), memory: BigInt(kib) };
  await caller.call(procedures.domainSetMemoryFlags, { ...values, flags: CONFIG | MAXIMUM }, deadlineMs);
  await caller.call(procedures.domainSetMemoryFlags, { ...values, flags: CONFIG }, deadlineMs);
}

/** The maximum, and what the guest has of it. */
export async function setVcpus(
  caller: LibvirtCaller,
  domain: Reference,
  count: number,
  deadlineMs: number,
): Promise<void> {
  const values = { dom: domainOf(domain), nvcpus: count };
  await caller.call(procedures.domainSetVcpusFlags, { ...values, flags: CONFIG | MAXIMUM }, deadlineMs);
  await caller.call(procedures.domainSetVcpusFlags, { ...values, flags: CONFIG }, deadlineMs);
}
