import type { Limits } from '../bundle/cgroups.ts';

export interface StartRequest {
  readonly owner: string;
  readonly number: number;
  readonly digest: string;
  /** Root of the image. */
  readonly lower: string;
  /** Path of its file: `/run/netns/c1`. */
  readonly networkNamespace: string;
  /** The name of the writable layer: another name begins with an empty one, and deletes the others. */
  readonly layer: string;
  /** What `stop` sends if it is not told otherwise: `SIGTERM`, or a number. */
  readonly stopSignal: string;
  /** What `configuration` contains of them; kept for comparison. */
  readonly limits: Limits;
  /** Files and directories of the host, without symbolic links in their paths, that the container mounts. */
  readonly binds: readonly string[];
  /** Makes config.json. */
  readonly configuration: (paths: BundlePaths) => object;
}

/** Where a container's things are before it starts; `binds` in the order of those of the request. */
export interface BundlePaths {
  readonly root: string;
  readonly networkNamespace: string;
  readonly binds: readonly string[];
}

export interface ProcessView {
  readonly owner: string;
  readonly number: number;
  readonly digest: string;
  /** Root of the image. */
  readonly lower: string;
  readonly limits: Limits;
  readonly phase: 'running' | 'exited';
  readonly pid: number | null;
  readonly startedMs: number;
  /** Starts with the same number after the first. */
  readonly restarts: number;
  /** How many runs with this number that were shorter than 10 s have directly preceded this one. */
  readonly failures: number;
  /** It runs, but in another network namespace than the one whose path was given: that was replaced or is gone. */
  readonly detached: boolean;
  /** `stop` was called for this run: it has not ended by itself. */
  readonly stopped?: boolean;
  readonly exit: { readonly code: number | null; readonly finishedMs: number; readonly reason: string | null } | null;
}

/** A step of a start that has been done, or `starting`: the program is about to run. */
export type StartPlace = 'record' | 'config' | 'launch' | 'report' | 'starting' | 'started';

export interface RuntimeOptions {
  /** Writable layers, persistent. */
  readonly directory: string;
  /** All that describes running processes; gone at a reboot. */
  readonly runDirectory: string;
  /** The control group that has those of all containers, as in config.json; it is removed with the last of them. */
  readonly parentGroup?: string;
  /** Until when the host may be changed: its first element, in nanoseconds of process.hrtime.bigint(); null: no limit. */
  readonly expires?: BigInt64Array | null;
  /** Told of what no call can report. */
  readonly log: (message: string) => void;
  /** Path of the program; by default Debian's. */
  readonly runc?: string;
  /** Of the log of one process, half of which is kept always; by default 16 MiB. */
  readonly logBytes?: number;
  /** How long runc and conmon may take for anything, in milliseconds; by default 30 000. */
  readonly deadlineMs?: number;
  /** Called at each step of a start: tests interrupt it there. */
  readonly at?: (place: StartPlace) => void;
}

export interface StopRequest {
  readonly owner: string;
  /** Null: as the start said. */
  readonly signal: string | null;
  readonly graceMs: number;
  /** Ends the wait with an error `aborted`: the process has its signal, and nobody kills it. */
  readonly unwanted?: AbortSignal;
}

/** Processes of containers, which outlive this one. All calls are idempotent; those for one owner must not overlap. */
export interface ContainerRuntime {
  /** Reads files only. */
  view(owners: readonly string[] | 'all'): Promise<ReadonlyMap<string, ProcessView>>;
  /**
   * One that runs with the same number stays, unless it is detached or has another digest.
   *
   * @throws RuntimeError `refused` with runc's words, or `missing_program`; nothing runs then. `away`: runc or conmon
   *   does not answer
   */
  start(request: StartRequest): Promise<void>;
  /** Sends the signal, and SIGKILL to all processes of the container after `graceMs` milliseconds. */
  stop(request: StopRequest): Promise<void>;
  /** The running process counts as this number. */
  keep(request: { readonly owner: string; readonly number: number }): Promise<void>;
  /**
   * Changes the limits of a process while it runs, and what is recorded of them. One that does not run gets those of its start.
   *
   * A limit of memory below what is in use is refused on version 1 of control groups; on version 2 the kernel kills for it.
   *
   * @throws RuntimeError `refused` with runc's words
   */
  limit(request: { readonly owner: string; readonly limits: Limits }): Promise<void>;
  /** Kills what runs, and deletes the writable layer. */
  remove(request: { readonly owner: string }): Promise<void>;
  /** Called soon after any start or death. Returns a function that ends it. */
  subscribe(listener: (owner: string) => void): () => void;
  /** The processes stay. */
  close(): Promise<void>;
}
