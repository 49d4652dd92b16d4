import type { DomainState } from '../domains/words.ts';
import type { Reference } from '../reference.ts';

/** What an active domain has used since its process was started. Counters above 2^53 are rounded. */
export interface DomainStatistics extends Reference {
  /** virsh's word. */
  readonly state: DomainState;
  /** Why it is in that state, in virsh's words. */
  readonly reason: string;
  /**
   * Something is missing that libvirt tells of others, and is null below: its process did not answer, or was being
   * changed.
   */
  readonly incomplete: boolean;
  /** Of its process and all its threads, in nanoseconds. */
  readonly cpuTimeNs: number | null;
  /** Virtual CPUs that are in use. */
  readonly vcpus: number | null;
  readonly memory: MemoryStatistics;
  /** In the order of its definition. */
  readonly disks: readonly DiskStatistics[];
  /** Those that have an interface on the host. */
  readonly nics: readonly NicStatistics[];
}

/** In KiB. Those of the guest itself are null unless it has a driver for the balloon, and the balloon a period. */
export interface MemoryStatistics {
  /** What the guest has now, … */
  readonly currentKib: number | null;
  /** … and may have at most. */
  readonly maximumKib: number | null;
  /** What its process takes of the host. */
  readonly rssKib: number | null;
  /** What the guest's kernel can use, … */
  readonly availableKib: number | null;
  /** … has not used for anything, … */
  readonly unusedKib: number | null;
  /** … and could use without swapping. */
  readonly usableKib: number | null;
}

export interface DiskStatistics {
  /** Its target: `sda`. */
  readonly name: string;
  /** Of its file; null: it has none, such as an empty drive. */
  readonly path: string | null;
  readonly readRequests: number | null;
  readonly readBytes: number | null;
  readonly writeRequests: number | null;
  readonly writeBytes: number | null;
  readonly flushRequests: number | null;
  /** What the guest sees. */
  readonly capacityBytes: number | null;
  /** The end of what was written to its file. */
  readonly allocationBytes: number | null;
  /** What its file takes. */
  readonly physicalBytes: number | null;
}

/** As the guest sees it: it has sent what is `tx`. */
export interface NicStatistics {
  /** Of its interface on the host: `vnet0`. */
  readonly name: string;
  readonly rxBytes: number | null;
  readonly rxPackets: number | null;
  readonly rxErrors: number | null;
  readonly rxDrops: number | null;
  readonly txBytes: number | null;
  readonly txPackets: number | null;
  readonly txErrors: number | null;
  readonly txDrops: number | null;
}
