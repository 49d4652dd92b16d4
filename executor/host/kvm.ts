import { constants } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { type GuestOutcome, type ProbeOptions, runProbeGuest } from './probe-guest.ts';

const DEVICE = '/dev/kvm';

/** Where KVM works, it takes a tenth of this. */
const LEAST_MS = 3_000;
const SLOWER_TIMES = 4;

/** What decides whether domains use KVM. */
export interface KvmFacts {
  /** Why /dev/kvm cannot be opened, as the name of the error; null: it can. */
  readonly deviceError: string | null;
  /** The extension of the processor: Intel's or AMD's. */
  readonly extension: 'vmx' | 'svm' | null;
  /** The host is a virtual machine itself. */
  readonly isNested: boolean;
  /** The guest that was started under KVM; null: none was, since the device cannot be opened. */
  readonly guest: GuestOutcome | null;
  /** The same under emulation, before. */
  readonly emulated: GuestOutcome | null;
}

export interface KvmProbeOptions extends Omit<ProbeOptions, 'deadlineMs'> {
  /** The least time that a guest gets under KVM; by default 3 s. */
  readonly leastMs?: number;
  /** A file in place of /dev/kvm, for tests. */
  readonly device?: string;
}

/** The type of domains: `kvm`, or `qemu`, which is QEMU's own emulation; and why. */
export interface DomainTypeChoice {
  readonly type: 'kvm' | 'qemu';
  readonly reason: string;
}

/**
 * Starts a tiny guest under emulation and then under KVM, if the host has /dev/kvm: in less than a second, or some seconds
 * if KVM does not work. Throws nothing.
 */
export async function readKvmFacts(options: KvmProbeOptions = {}): Promise<KvmFacts> {
  const { device = DEVICE, leastMs = LEAST_MS, ...probe } = options;
  const processor = parseProcessor(await readFile('/proc/cpuinfo', 'utf8').catch(() => ''));
  const deviceError = await errorOfOpening(device);
  if (deviceError !== null) return { deviceError, ...processor, guest: null, emulated: null };
  const emulated = await runProbeGuest('tcg', probe);
  const guest = await runProbeGuest('kvm', { ...probe, deadlineMs: kvmDeadlineMs(emulated, leastMs) });
  return { deviceError, ...processor, guest, emulated };
}

/** Emulation shows how busy the machine is: KVM is of use only if it is not slower by far. */
export function kvmDeadlineMs(emulated: GuestOutcome, leastMs: number): number {
  return Math.max(leastMs, emulated.ran ? SLOWER_TIMES * emulated.milliseconds : 0);
}

/**
 * KVM only if a guest has run under it in time: there are virtual machines with a /dev/kvm where a guest needs thirty
 * times as long as under emulation, and no operating system boots.
 */
export function chooseDomainType(facts: KvmFacts): DomainTypeChoice {
  const { deviceError, isNested, guest, emulated } = facts;
  if (deviceError === 'ENOENT') return { type: 'qemu', reason: `this host has no ${DEVICE}: ${lackOf(facts)}` };
  if (deviceError !== null) return { type: 'qemu', reason: `${DEVICE} cannot be opened: ${deviceError}` };
  if (guest === null) return { type: 'qemu', reason: 'no guest was started under KVM' };
  if (guest.ran) return { type: 'kvm', reason: `a guest ran under KVM in ${guest.milliseconds} ms` };
  const where = isNested ? ' in this host, which is a virtual machine itself' : '';
  const compared = emulated?.ran ? `; under emulation it took ${emulated.milliseconds} ms` : '';
  return { type: 'qemu', reason: `no guest runs under KVM${where}: ${guest.detail}${compared}` };
}

function lackOf({ extension, isNested }: KvmFacts): string {
  if (extension !== null) return 'the module of the kernel is not loaded';
  return isNested
    ? 'it is a virtual machine without nested virtualisation'
    : 'its processor has no virtualisation, or the firmware disables it';
}

/** `flags` of proc_cpuinfo(5); `hypervisor` is bit 31 of CPUID leaf 1. */
export function parseProcessor(cpuinfo: string): Pick<KvmFacts, 'extension' | 'isNested'> {
  const flags = new Set(/^flags\s*:(.*)$/m.exec(cpuinfo)?.[1]?.trim().split(/\s+/));
  const extension = (['vmx', 'svm'] as const).find((flag) => flags.has(flag)) ?? null;
  return { extension, isNested: flags.has('hypervisor') };
}

async function errorOfOpening(path: string): Promise<string | null> {
  try {
    const file = await open(path, constants.O_RDWR);
    await file.close();
    return null;
  } catch (error) {
    return String(Reflect.get(Object(error), 'code') ?? error);
  }
}
