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
  /** The latest state in any file. */
  readonly seen: Seen;
  /** The last epoch in the state directory, whose lock admits only one executor. 0: none. */
  readonly ownEpoch: number;
}

export interface StatePlaces {
  readonly stateDirectory: string;
  readonly database: string;
  readonly hypervisor: string;
  /** The directory for state until the next boot. */
  readonly runDirectory?: string;
}

/**
 * What executors of a hypervisor record for the next one: a file in the state directory, and the same in `/run` until
 * the next boot, which restoring a backup of the state directory does not affect.
 */
export class ExecutorStateFile {
  readonly #name: string;
  readonly #state: string;
  /** Null if this process may not write there. */
  readonly #run: string | null;
  /** The path in earlier versions. */
  readonly #old: string;

  constructor({ stateDirectory, database, hypervisor, runDirectory: base = RUN_DIRECTORY }: StatePlaces) {
    this.#name = `seen-${pathSegment(database)}-${hypervisor}.json`;
    this.#state = privateStateDirectory(stateDirectory, 'notes');
    this.#run = runDirectory(database, base);
    this.#old = join(stateDirectory, this.#name);
  }

  /** A file that is missing, truncated or otherwise invalid counts as none. */
  read(): ExecutorState {
    const own = readSeen(join(this.#state, this.#name)) ?? readSeen(this.#old);
    const run = this.#run === null ? null : readSeen(join(this.#run, this.#name));
    return { seen: furthest(own ?? NOTHING_SEEN, run ?? NOTHING_SEEN), ownEpoch: own?.epoch ?? 0 };
  }

  /** Throws a {@link Problem} if it cannot be written: a restored database would not be detected. */
  write(seen: Seen): void {
    replaceFile(this.#state, this.#name, textOf(seen));
    this.writeUntilReboot(seen);
    rmSync(this.#old, { force: true });
  }

  /** Writes only the file in `/run`, which does not wait for a disk. Throws like {@link write}. */
  writeUntilReboot(seen: Seen): void {
    if (this.#run !== null) replaceFile(this.#run, this.#name, textOf(seen));
  }
}

function textOf({ restoreGeneration, epoch, hypervisor, sequence }: Seen): string {
  return `${JSON.stringify({ restoreGeneration, epoch, hypervisor, sequence })}\n`;
}

/** Every start of an executor increases the restore generation: the file with the higher one is newer. */
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

/** After a power failure there is either the old file or the new one. */
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

/** Temporary files of killed processes; the host's lock prevents others from writing now. */
function removeLeftovers(directory: string, name: string): void {
  for (const entry of readdirSync(directory)) {
    if (entry.startsWith(`${name}.`)) rmSync(join(directory, entry), { force: true });
  }
}
