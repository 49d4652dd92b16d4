import { setTimeout } from 'node:timers/promises';
import { type Database, DatabaseError, now, statement } from '../../schema/database/database.ts';
import { Problem } from '../../schema/problem.ts';
import type { Logger } from '../../schema/process/logger.ts';
import { alive } from '../../schema/statements/alive.ts';
import type { Seen } from '../host/executor-state.ts';
import { isDatabaseAway } from './failure.ts';
import { type Machine, type Registration, register, sameHypervisor } from './registration.ts';

export interface TakeOverOptions {
  readonly database: Database;
  /** Name or id of the hypervisor. */
  readonly name: string;
  /** For a hypervisor that is not there yet. */
  readonly id: string;
  readonly machine: Machine;
  readonly seen: Seen;
  /** Up to here epochs of this boot were of this state directory, whose lock is ours: their executors are dead. */
  readonly ownEpoch: number;
  /** How often executors say that they are there, in milliseconds. */
  readonly heartbeatMs: number;
  readonly log: Pick<Logger, 'info'>;
}

/** A heartbeat may be late by half of its period. */
const PERIODS_OF_SILENCE = 1.5;
const LOOKS_PER_PERIOD = 10;

/**
 * Registers this executor for its hypervisor once no other one serves that. Machine ids may be missing or cloned with
 * a disk, so what counts is whether heartbeats go on: one that was paused or died is succeeded after a period of
 * silence. Throws a {@link Problem} when another executor, or another machine, has the hypervisor.
 */
export async function takeOver(options: TakeOverOptions): Promise<Registration> {
  const { database, name, id, machine, seen } = options;
  for (;;) {
    const epoch = await requireSilence(options);
    try {
      return await register(database, name, id, machine, seen, epoch);
    } catch (error) {
      // Another start was faster: it is looked at as any other.
      if (!(error instanceof DatabaseError) || error.reason !== 'epoch_moved') throw error;
    }
  }
}

interface Row {
  readonly epoch: number;
  readonly boot_id: string | null;
  readonly machine_id: string | null;
  readonly last_seen_ms: number | null;
  /** 0 or 1. A clock that was set back hides whether the executor lives. */
  readonly recent: number;
}

/** Answers the epoch of the hypervisor's last executor; null for a hypervisor that is not there. */
async function requireSilence(options: TakeOverOptions): Promise<number | null> {
  const { name, heartbeatMs, log } = options;
  const first = await look(options);
  if (first === null || !mayLive(first, options)) return first?.epoch ?? null;
  const silence = PERIODS_OF_SILENCE * heartbeatMs;
  log.info(
    `${name} may have another executor (boot id ${first.boot_id}): listening for it, ${silence / 1000} s at most`,
  );
  const until = performance.now() + silence;
  for (;;) {
    await setTimeout(heartbeatMs / LOOKS_PER_PERIOD);
    const isLast = performance.now() >= until;
    const next = await lookIfAvailable(options);
    if (next === null) return null;
    // What could not be read neither ends the silence nor begins it anew.
    if (next === undefined) continue;
    if (next.epoch !== first.epoch || next.last_seen_ms !== first.last_seen_ms) throw served(options, next);
    if (isLast) return first.epoch;
  }
}

async function lookIfAvailable(options: TakeOverOptions): Promise<Row | null | undefined> {
  try {
    return await look(options);
  } catch (error) {
    if (isDatabaseAway(error)) return undefined;
    throw error;
  }
}

function mayLive({ recent, epoch, boot_id, machine_id }: Row, { machine, ownEpoch }: TakeOverOptions): boolean {
  // Another machine is refused at once, whatever it does.
  if (machine_id !== null && machine.machineId !== null && machine_id !== machine.machineId) return false;
  return recent === 1 && !(boot_id === machine.bootId && epoch <= ownEpoch);
}

async function look({ database, name }: TakeOverOptions): Promise<Row | null> {
  const sql = `
    SELECT epoch, boot_id, machine_id, last_seen_ms, ${alive('h')} OR coalesce(last_seen_ms > ${now}, 0) AS recent
    FROM hypervisors h WHERE ${sameHypervisor}`;
  const [[row]] = await database.read([statement<Row>(sql, { name })], { call: 'take-over' });
  return row ?? null;
}

function served({ name, machine }: TakeOverOptions, { boot_id }: Row): Problem {
  const where = boot_id === machine.bootId ? 'of this machine' : 'of another machine, or of another boot of this one';
  return new Problem(
    'conflict',
    `Hypervisor ${name} already has an executor, ${where} (boot id ${boot_id}), which is running`,
    {
      hint: 'End that one, or set WEFT_HYPERVISOR to a name that no other executor has',
    },
  );
}
