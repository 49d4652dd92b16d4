import type { LibvirtCaller } from '../connection.ts';
import { procedures } from '../protocol/remote.ts';
import { domainOf, type Reference } from '../reference.ts';

/** VIR_DOMAIN_AFFECT_CONFIG; VIR_DOMAIN_MEM_MAXIMUM and VIR_DOMAIN_VCPU_MAXIMUM are the same number. */
const CONFIG = 2;
const MAXIMUM = 4;

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
