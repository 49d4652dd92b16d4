import type { DriverHealth } from '../../reopening.ts';
import type { LibvirtCaller } from '../connection.ts';
import { LibvirtError } from '../errors.ts';
import { procedures } from '../protocol/remote.ts';
import { LibvirtSession } from '../session.ts';
import { completed, type LibvirtSettings } from '../settings.ts';
import { decodeStatistics } from './decode.ts';
import type { DomainStatistics } from './model.ts';

/** What the domains of the hypervisor have used. */
export interface Statistics {
  /**
   * Of every active domain, in one call. One whose process hangs is `incomplete`, and delays the others only in the
   * reading that finds it: libvirt waits for it then, and leaves it out as long as it waits. Several readings at a time are
   * one.
   *
   * @throws LibvirtError `timeout`: more domains began to hang than a reading has attempts, and are left out by the next;
   *   `away`
   */
  read(): Promise<DomainStatistics[]>;
  health(): DriverHealth;
  /** Ends the connection; calls without an answer are rejected as `away`. */
  close(): Promise<void>;
}

export interface StatisticsSettings extends Omit<LibvirtSettings, 'deadlines'> {
  /** Milliseconds after which one that hangs is left out; by default 3 seconds. */
  readonly attemptMs?: number;
}

const ATTEMPT_MS = 3_000;
/** One fewer than the calls of a connection that may be without an answer: those that are left stay so. */
const ATTEMPTS = 3;

/** virDomainStatsTypes: state, CPU, balloon, virtual CPUs, interfaces, disks. */
const STATS = 1 | 2 | 4 | 8 | 16 | 32;

/** VIR_CONNECT_GET_ALL_DOMAINS_STATS_ACTIVE, and …_NOWAIT: a domain that is being changed is not waited for. */
const FLAGS = (1 << 0) | (1 << 29);

/** Opens a connection of its own, since a domain that hangs keeps one of its calls without an answer. */
export async function openStatistics({
  attemptMs = ATTEMPT_MS,
  ...settings
}: StatisticsSettings = {}): Promise<Statistics> {
  const { session, deadlines } = completed(settings);
  // A libvirtd that was just started runs every QEMU that it finds, for seconds, before it tells the statistics of the first
  // domain, as if that hung. It does the same before it tells its capabilities, and only once.
  let prepared = false;
  let reading: Promise<DomainStatistics[]> | null = null;
  const caller = await LibvirtSession.open({ ...session, reopened: () => (prepared = false) });
  const read = async (): Promise<DomainStatistics[]> => {
    if (!prepared) await caller.call(procedures.connectGetCapabilities, undefined, deadlines.changeMs);
    prepared = true;
    return readStatistics(caller, attemptMs, ATTEMPTS);
  };
  return {
    read() {
      // Two at a time would find each other's work in their way, and leave out domains that do not hang.
      reading ??= read().finally(() => {
        reading = null;
      });
      return reading;
    },
    health: () => caller.health(),
    close: () => caller.close(),
  };
}

/**
 * NOWAIT leaves out a domain for which another call waits; the first that asks a process that hangs waits, as without it.
 * An attempt that gets no answer is therefore followed by another.
 */
async function readStatistics(caller: LibvirtCaller, attemptMs: number, attempts: number): Promise<DomainStatistics[]> {
  try {
    const values = { doms: [], stats: STATS, flags: FLAGS };
    const { retStats } = await caller.call(procedures.connectGetAllDomainStats, values, attemptMs);
    return retStats.map(decodeStatistics).filter((domain) => domain !== null);
  } catch (error) {
    if (attempts <= 1 || !(error instanceof LibvirtError) || error.code !== 'timeout') throw error;
    return readStatistics(caller, attemptMs, attempts - 1);
  }
}
