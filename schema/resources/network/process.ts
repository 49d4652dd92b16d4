/*
 * What a container runs. Its row's spec has what is wanted, and its column `process` what was last seen. All of it is
 * pure.
 */

export const restartPolicies = ['no', 'on-failure', 'always'] as const;
export type RestartPolicy = (typeof restartPolicies)[number];

export interface Mount {
  readonly source: string;
  readonly target: string;
  readonly readonly: boolean;
}

/** What is run, as a request says it: a container whose program changes is made anew. */
export interface Program {
  /** The image without which there is no process: `ubuntu:14.04`. */
  readonly image: string;
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  /** `NAME=VALUE` */
  readonly env?: readonly string[];
  readonly user?: string;
  readonly workdir?: string;
  readonly mounts?: readonly Mount[];
}

/** The process of a container, as it is wanted. */
export interface ContainerProcess extends Program {
  readonly restart: RestartPolicy;
  /** `stopped`: on request, which holds over restarts of weft and reboots. */
  readonly wanted: 'running' | 'stopped';
  /** The sequence of the operation that last changed the program: its writable layer is made for that. */
  readonly made: number;
  /** The sequence of the operation that last changed or restarted it: a process that was started before is replaced. */
  readonly changed: number;
  /** The sequence of the operation that last asked that it run: if it has ended before, it is started, whatever the policy. */
  readonly asked: number;
  /** Of the image that the writable layer is made for; absent: it has not run yet. */
  readonly digest?: string;
}

/** What was last seen of a process. Times are in milliseconds since 1970. */
export interface SeenProcess {
  /** As {@link ContainerProcess.asked} when it was started. */
  readonly number: number;
  readonly running: boolean;
  readonly started: number;
  readonly finished: number | null;
  /** Null while it runs, and if nobody saw its end. */
  readonly exit_code: number | null;
  /** Why there is no exit code, or no process. */
  readonly reason: string | null;
  /** Since it was last asked for. */
  readonly restarts: number;
  /** How many runs in a row have ended soon after their start. */
  readonly failures: number;
}

/** Why there is no process any more. */
export const LOST = 'it ended with a restart of the host, or its record was removed';

/** The members of a request that change a process; null removes one, an image of null or `netns` the process. */
export interface ProcessRequest {
  readonly image?: string | null | undefined;
  readonly entrypoint?: readonly string[] | null | undefined;
  readonly command?: readonly string[] | null | undefined;
  readonly env?: readonly string[] | null | undefined;
  readonly user?: string | null | undefined;
  readonly workdir?: string | null | undefined;
  readonly mounts?: readonly Mount[] | null | undefined;
  readonly restart?: RestartPolicy | null | undefined;
}

/** The image of a container that is only a namespace, without a process. */
export const NETNS_IMAGE = 'netns';

export const DEFAULT_POLICY: RestartPolicy = 'no';

/**
 * The process after a request: one that names an image says all of what runs, one without an image changes the members
 * that it has. What is equal stays as it is.
 */
export function requestedProcess(
  before: ContainerProcess | null,
  request: ProcessRequest,
  sequence: number,
): ContainerProcess | null {
  const { image } = request;
  if (image === null || image === NETNS_IMAGE) return null;
  const earlier = image === undefined ? before : null;
  const name = image ?? before?.image;
  if (name === undefined) return null;
  const program = programOf({ ...(earlier ?? {}), ...given(request), image: name });
  const restart = (request.restart === undefined ? earlier?.restart : request.restart) ?? DEFAULT_POLICY;
  if (before !== null && isSame(program, programOf(before))) return { ...before, restart };
  const numbers = { made: sequence, changed: sequence, asked: sequence };
  return { ...program, restart, wanted: before?.wanted ?? 'running', ...numbers };
}

/** The process of a container of a pool: all of them run the same image, and are started again whenever they end. */
export function pooledProcess(
  before: ContainerProcess | null,
  type: string,
  sequence: number,
): ContainerProcess | null {
  if (type === NETNS_IMAGE) return null;
  if (before?.image === type) return before;
  const numbers = { made: sequence, changed: sequence, asked: sequence };
  return { image: type, restart: 'always', wanted: before?.wanted ?? 'running', ...numbers };
}

/** What was given, without the members that were not: null stays, and removes. */
function given({ entrypoint, command, env, user, workdir, mounts }: ProcessRequest): Partial<Program> {
  const members = Object.entries({ entrypoint, command, env, user, workdir, mounts });
  return Object.fromEntries(members.filter(([, value]) => value !== undefined));
}

function programOf(process: Program): Program {
  const { image, entrypoint, command, env, user, workdir, mounts } = process;
  const members = Object.entries({ entrypoint, command, env, user, workdir, mounts });
  return { image, ...Object.fromEntries(members.filter(([, value]) => value !== undefined && value !== null)) };
}

function isSame(one: Program, other: Program): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

export const processActions = ['start', 'stop', 'restart', 'kill'] as const;
export type ProcessAction = (typeof processActions)[number];

/** The process after one of the actions. */
export function actedProcess(before: ContainerProcess, action: ProcessAction, sequence: number): ContainerProcess {
  switch (action) {
    case 'start':
      return { ...before, wanted: 'running', asked: sequence };
    case 'restart':
      return { ...before, wanted: 'running', changed: sequence, asked: sequence };
    case 'stop':
    case 'kill':
      return { ...before, wanted: 'stopped' };
  }
}

const PAUSE_FIRST_MS = 100;
const PAUSE_LONGEST_MS = 60_000;

/** When a process that has ended may be started again, in milliseconds since 1970. */
export function restartTime({ finished, failures }: Pick<SeenProcess, 'finished' | 'failures'>): number {
  return (finished ?? 0) + Math.min(PAUSE_FIRST_MS * 2 ** Math.max(0, failures - 1), PAUSE_LONGEST_MS);
}

/** Whether a process that has ended by itself is to be started again. */
export function isRestarted({ restart }: Pick<ContainerProcess, 'restart'>, exitCode: number | null): boolean {
  return restart === 'always' || (restart === 'on-failure' && exitCode !== 0);
}

/** When it is started next, in milliseconds since 1970; null: it runs, or is not started by itself. */
export function nextStart(process: ContainerProcess, seen: SeenProcess | null): number | null {
  if (process.wanted !== 'running' || seen === null || seen.running || seen.number < process.asked) return null;
  return isRestarted(process, seen.exit_code) ? restartTime(seen) : null;
}
