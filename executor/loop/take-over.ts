import { setTimeout } from 'node:timers/promises';
import { DatabaseError } from '../../schema/database/database.ts';
import { Problem } from '../../schema/problem.ts';
import type { Logger } from '../../schema/process/logger.ts';
import type { Machine, Seen } from '../../schema/store/machine.ts';
import type { LastExecutor, Registration } from '../../schema/store/registration.ts';
import type { ExecutorStore } from '../../schema/store/store.ts';
import { isDatabaseAway } from './failure.ts';

export interface TakeOverOptions {
  readonly store: Pick<ExecutorStore, 'findLastExecutor' | 'register'>;
  /** Name or id of the hypervisor. */
  readonly name: string;
  /** For a hypervisor that does not exist yet. */
  readonly id: string;
  readonly machine: Machine;
  readonly seen: Seen;
  /**
   * Epochs of this boot up to this one were of this state directory, whose lock this process holds: their executors are
   * dead.
   */
  readonly ownEpoch: number;
  /** The period of executors' heartbeats, in milliseconds. */
  readonly heartbeatMs: number;
  readonly log: Pick<Logger, 'info'>;
}

/** A heartbeat may be late by half of its period. */
const PERIODS_OF_SILENCE = 1.5;
const READS_PER_PERIOD = 10;

/**
 * Registers this executor for its hypervisor unless another one serves it. Machine ids may be missing or cloned with a
 * disk, so the criterion is whether heartbeats continue: an executor that was paused or has died is succeeded after a
 * period of silence. Throws a {@link Problem} if another executor, or another machine, has the hypervisor.
 */
export async function takeOver(options: TakeOverOptions): Promise<Registration> {
  const { store, name, id, machine, seen } = options;
  for (;;) {
    const after = await requireSilence(options);
    try {
      return await store.register({ name, id, machine, seen, after });
    } catch (error) {
      // Another start was faster: its executor is checked like any other.
      if (!(error instanceof DatabaseError) || error.reason !== 'epoch_moved') throw error;
    }
  }
}

/** Returns the epoch of the hypervisor's last executor; null if the hypervisor does not exist. */
async function requireSilence(options: TakeOverOptions): Promise<number | null> {
  const { name, heartbeatMs, log } = options;
  const first = await options.store.findLastExecutor(name);
  if (first === null || !mayLive(first, options)) return first?.epoch ?? null;
  const silence = PERIODS_OF_SILENCE * heartbeatMs;
  log.info(
    `${name} may have another executor (boot id ${first.bootId}): listening for it, ${silence / 1000} s at most`,
  );
  const until = performance.now() + silence;
  for (;;) {
    await setTimeout(heartbeatMs / READS_PER_PERIOD);
    const isLast = performance.now() >= until;
    const next = await readIfAvailable(options);
    if (next === null) return null;
    // A failed read neither ends the period of silence nor restarts it.
    if (next === undefined) continue;
    if (next.epoch !== first.epoch || next.lastSeenMs !== first.lastSeenMs) throw served(options, next);
    if (isLast) return first.epoch;
  }
}

async function readIfAvailable(options: TakeOverOptions): Promise<LastExecutor | null | undefined> {
  try {
    return await options.store.findLastExecutor(options.name);
  } catch (error) {
    if (isDatabaseAway(error)) return undefined;
    throw error;
  }
}

function mayLive({ recent, epoch, bootId, machineId }: LastExecutor, { machine, ownEpoch }: TakeOverOptions): boolean {
  // Another machine is refused at once, without waiting.
  if (machineId !== null && machine.machineId !== null && machineId !== machine.machineId) return false;
  return recent === 1 && !(bootId === machine.bootId && epoch <= ownEpoch);
}

function served({ name, machine }: TakeOverOptions, { bootId }: LastExecutor): Problem {
  const where = bootId === machine.bootId ? 'of this machine' : 'of another machine, or of another boot of this one';
  return new Problem(
    'conflict',
    `Hypervisor ${name} already has an executor, ${where} (boot id ${bootId}), which is running`,
    {
      hint: 'End that one, or set WEFT_HYPERVISOR to a name that no other executor has',
    },
  );
}
