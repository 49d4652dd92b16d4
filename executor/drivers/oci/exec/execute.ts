import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { absentProgram, runcPath } from '../host-programs.ts';
import { plainWords } from '../runtime/plain-words.ts';
import { type ProcessUser, type RunningContainer, runningContainer } from './container.ts';
import { reasonOf } from './ended.ts';
import { ExecuteError } from './errors.ts';
import { ProcessGroup } from './group.ts';
import { monitor, type Report } from './monitor.ts';
import { type Output, OutputReader } from './output.ts';

export interface ExecuteRequest {
  /** Name of the container at runc. */
  readonly owner: string;
  /** Of `runc --root`. */
  readonly runRoot: string;
  /** Made for the call and removed; must not exist. */
  readonly directory: string;
  readonly command: readonly string[];
  /** By name; the container's own environment goes before. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Those of the container's own process if not given. */
  readonly user?: ProcessUser;
  readonly workingDirectory?: string;
  /** Milliseconds from the call on. */
  readonly timeoutMs: number;
  /** Of each stream, 1 MiB if not given. */
  readonly mostBytes?: number;
  /** Until when the host may be changed: its first element, in nanoseconds of process.hrtime.bigint(); null: no limit. */
  readonly expires?: BigInt64Array | null;
}

export interface Execution {
  /** 128 and the signal for a command that was killed; null after the timeout. */
  readonly exitCode: number | null;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly timedOut: boolean;
}

const MEBIBYTE = 1024 * 1024;
/** Between two looks at what still has to be killed. */
const PAUSE_MS = 10;
/** What was killed has ended long before, unless the kernel itself waits for a device. */
const LONGEST_END_MS = 10_000;

/**
 * Runs a command in a running container, with the container's privileges. Answers when the command itself ends; what it has
 * put into the background lives on. After the timeout all that it has started is killed, and nothing else of the container.
 *
 * @throws ExecuteError `missing` if the container does not run; `refused` with runc's words if the command cannot be started;
 *   `expired` if the lease on the host ended before the command began
 */
export async function execute(request: ExecuteRequest): Promise<Execution> {
  const action = `run ${request.command[0] ?? 'a command'} in ${request.owner}`;
  if (request.command.length === 0) throw new ExecuteError('invalid', action, 'the command is empty');
  const absent = absentProgram();
  if (absent !== null) throw new ExecuteError('missing_program', action, absent);
  const requireRunning = () => runningContainer(request.runRoot, request.owner, action);
  try {
    return await executeIn(await requireRunning(), request, action);
  } catch (cause) {
    const error = cause instanceof ExecuteError ? cause : new ExecuteError('host', action, String(cause), { cause });
    // It may have ended since it was looked at.
    throw await reasonOf(error, requireRunning);
  }
}

/** Right before the first change: from here to the start of the command nothing is waited for. */
function requireTime({ expires }: ExecuteRequest, action: string): void {
  if (!expires || process.hrtime.bigint() < Atomics.load(expires, 0)) return;
  throw new ExecuteError('expired', action, 'the lease on this host expired while the call waited');
}

async function executeIn(container: RunningContainer, request: ExecuteRequest, action: string): Promise<Execution> {
  requireTime(request, action);
  mkdirSync(dirname(request.directory), { recursive: true });
  mkdirSync(request.directory);
  try {
    return await executeInGroup(container, request, action);
  } finally {
    rmSync(request.directory, { recursive: true, force: true });
  }
}

async function executeInGroup(
  container: RunningContainer,
  request: ExecuteRequest,
  action: string,
): Promise<Execution> {
  const group = ProcessGroup.make(container.cgroups);
  try {
    const { directory, timeoutMs } = request;
    writeFileSync(join(directory, 'process.json'), JSON.stringify(processOf(container, request)));
    const output = new OutputReader(request.mostBytes ?? MEBIBYTE);
    const words = monitorArguments(request, group.argument);
    const done = monitor({ directory, arguments: words, output: (chunk) => output.add(chunk) });
    // It may fail after this call has.
    done.catch(() => {});
    const timedOut = await endsLater(done, timeoutMs);
    if (timedOut) await killAll(group, done, action);
    const report = await done;
    if (!timedOut) requireEnd(report, action);
    const exitCode = timedOut ? null : (report[1]?.data ?? null);
    return { exitCode, stdout: output.stdout, stderr: output.stderr, timedOut };
  } finally {
    await group.remove(LONGEST_END_MS);
  }
}

/** `process` of the OCI runtime specification. */
function processOf(
  { process }: RunningContainer,
  { command, environment = {}, user = process.user, workingDirectory = process.cwd }: ExecuteRequest,
) {
  const bounding = process.capabilities?.bounding ?? [];
  // As in config.json: another user has none.
  const held = user.uid === 0 ? bounding : [];
  return {
    terminal: false,
    user,
    args: command,
    env: [...(process.env ?? []), ...Object.entries(environment).map(([name, value]) => `${name}=${value}`)],
    cwd: workingDirectory,
    capabilities: { bounding, permitted: held, effective: held },
    noNewPrivileges: process.noNewPrivileges ?? true,
    oomScoreAdj: process.oomScoreAdj ?? 0,
  };
}

/** The bundle is the call's own directory: conmon makes named pipes there, which the container's conmon has, too. */
function monitorArguments({ owner, runRoot, directory }: ExecuteRequest, cgroup: string): string[] {
  const files = ['-b', directory, '-p', join(directory, 'pid'), '--socket-dir-path', directory];
  const runtime = ['-r', runcPath(), '--runtime-arg', '--root', '--runtime-arg', runRoot];
  const command = ['--exec', '--exec-process-spec', join(directory, 'process.json')];
  const options = ['--runtime-opt', '--cgroup', '--runtime-opt', cgroup];
  return ['--api-version', '1', '-c', owner, '-u', owner, '-n', owner, ...files, ...runtime, ...command, ...options];
}

async function endsLater(done: Promise<unknown>, milliseconds: number): Promise<boolean> {
  const given = new AbortController();
  const late = pause(milliseconds, true, { signal: given.signal }).catch(() => false);
  try {
    return await Promise.race([done.then(() => false), late]);
  } finally {
    given.abort();
  }
}

/** Again and again: the command may just have been started, or its processes fork. */
async function killAll(group: ProcessGroup, done: Promise<Report>, action: string): Promise<void> {
  const end = performance.now() + LONGEST_END_MS;
  do {
    if (performance.now() > end) throw new ExecuteError('host', action, 'what it has started does not end');
    group.kill();
  } while ((await endsLater(done, PAUSE_MS)) || !group.empty);
}

function requireEnd(report: Report, action: string): void {
  const [started, ended] = report;
  if (started === undefined) throw new ExecuteError('host', action, 'conmon has reported nothing');
  if (started.data >= 0) {
    if (ended !== undefined) return;
    throw new ExecuteError('host', action, 'conmon has ended before the command');
  }
  throw new ExecuteError('refused', action, plainWords(started.message ?? 'runc has failed'));
}
