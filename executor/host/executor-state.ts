import { randomUUID } from 'node:crypto';
import {
  closeSync,
  constants,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { Problem } from '../../schema/problem.ts';
import { NOTHING_SEEN, type Seen, seenSchema } from '../../schema/store/machine.ts';
import { pathSegment, privateStateDirectory, RUN_DIRECTORY, runDirectory } from './private-directory.ts';

export interface ExecutorState {
  /** The furthest that any file knows. */
  readonly seen: Seen;
  /** The epoch that the state directory had last: none but the holder of its lock can have gone on with it. 0: none. */
  readonly ownEpoch: number;
}

export interface StatePlaces {
  readonly stateDirectory: string;
  readonly database: string;
  readonly hypervisor: string;
  /** Where what lives until the next boot is. */
  readonly runDirectory?: string;
}

/**
 * What executors of one hypervisor leave behind for the next: a file in the state directory, and the same until the
 * next boot in `/run`, which no backup of the state directory brings back to an earlier time.
 */
export class ExecutorStateFile {
  readonly #name: string;
  readonly #state: string;
  /** Null where this process may not write there. */
  readonly #run: string | null;
  /** Where earlier versions had it. */
  readonly #old: string;

  constructor({ stateDirectory, database, hypervisor, runDirectory: base = RUN_DIRECTORY }: StatePlaces) {
    this.#name = `seen-${pathSegment(database)}-${hypervisor}.json`;
    this.#state = privateStateDirectory(stateDirectory, 'notes');
    this.#run = runDirectory(database, base);
    this.#old = join(stateDirectory, this.#name);
  }

  /** A file that is missing, cut short or otherwise invalid counts as none. */
  read(): ExecutorState {
    const own = readSeen(join(this.#state, this.#name)) ?? readSeen(this.#old);
    const run = this.#run === null ? null : readSeen(join(this.#run, this.#name));
    return { seen: furthest(own ?? NOTHING_SEEN, run ?? NOTHING_SEEN), ownEpoch: own?.epoch ?? 0 };
  }

  /** Throws a {@link Problem} when it cannot be written: a restored database would go unnoticed. */
  write(seen: Seen): void {
    replaceFile(this.#state, this.#name, textOf(seen));
    this.writeUntilReboot(seen);
    rmSync(this.#old, { force: true });
  }

  /** Writes the file in `/run` alone, which costs no wait for a disk. Throws as {@link write} does. */
  writeUntilReboot(seen: Seen): void {
    if (this.#run !== null) replaceFile(this.#run, this.#name, textOf(seen));
  }
}

function textOf({ restoreGeneration, epoch, hypervisor, sequence }: Seen): string {
  return `${JSON.stringify({ restoreGeneration, epoch, hypervisor, sequence })}\n`;
}

/** Every start of an executor raises the generation: the higher one is the newer file. */
function furthest(one: Seen, other: Seen): Seen {
  const [newer, older] = one.restoreGeneration < other.restoreGeneration ? [other, one] : [one, other];
  const sequence =
    older.restoreGeneration === newer.restoreGeneration ? Math.max(newer.sequence, older.sequence) : newer.sequence;
  if (older.hypervisor !== newer.hypervisor) return { ...newer, sequence };
  return { ...newer, sequence, epoch: Math.max(newer.epoch, older.epoch) };
}

function readSeen(path: string): Seen | null {
  try {
    const descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      return v.parse(seenSchema, JSON.parse(readFileSync(descriptor, 'utf8')));
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return null;
  }
}

/** After a power cut there is the old file or the new one. */
function replaceFile(directory: string, name: string, text: string): void {
  const path = join(directory, name);
  const temporary = `${path}.${randomUUID()}`;
  try {
    removeLeftovers(directory, name);
    writeNewFile(temporary, text);
    renameSync(temporary, path);
    sync(directory);
  } catch (cause) {
    rmSync(temporary, { force: true });
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Problem('unavailable', `${path} cannot be written: ${why}`, { cause });
  }
}

function writeNewFile(path: string, text: string): void {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const descriptor = openSync(path, flags, 0o600);
  try {
    writeSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function sync(directory: string): void {
  const descriptor = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Temporary files of processes that were killed; the host's lock keeps others from writing now. */
function removeLeftovers(directory: string, name: string): void {
  for (const entry of readdirSync(directory)) {
    if (entry.startsWith(`${name}.`)) rmSync(join(directory, entry), { force: true });
  }
}
