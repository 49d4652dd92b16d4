import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as startTimer } from 'node:timers';
import { setTimeout } from 'node:timers/promises';

export interface Ended {
  /** Null: it was killed by a signal. */
  readonly code: number | null;
  readonly output: string;
}

export interface CommandOptions {
  readonly environment?: Record<string, string>;
  readonly deadlineMs: number;
  /** Called with the output as it arrives. */
  readonly show?: (text: string) => void;
}

const groups = new Set<number>();

/** How long to wait for the rest of the output when the program has ended. */
const LAST_OUTPUT_MS = 1_000;

/**
 * Runs a program in a process group of its own, all of which ends with it. Its output is returned. weft's own variables
 * are not passed on: the configuration of the user's weft is not what is tested.
 */
export async function runCommand(
  program: string,
  args: readonly string[],
  { environment = {}, deadlineMs, show = () => undefined }: CommandOptions,
): Promise<Ended> {
  const child = spawn(program, args, {
    detached: true,
    env: { ...withoutConfiguration(process.env), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const pid = child.pid;
  if (pid !== undefined) groups.add(pid);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => {
      output += text;
      show(text);
    });
  }
  const late = startTimer(() => {
    output += `\nended after ${deadlineMs / 1000} s\n`;
    if (pid !== undefined) endGroup(pid);
  }, deadlineMs);
  try {
    const closed = once(child, 'close');
    const [code] = await once(child, 'exit');
    if (pid !== undefined) endGroup(pid);
    // A process that left the group may keep the pipes open indefinitely.
    await Promise.race([closed, setTimeout(LAST_OUTPUT_MS, undefined, { ref: false })]);
    return { code, output };
  } catch (error) {
    return { code: null, output: `${output}${String(error)}\n` };
  } finally {
    clearTimeout(late);
    if (pid !== undefined) endGroup(pid);
  }
}

function withoutConfiguration(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('WEFT_')));
}

/** Ends everything that is still running. */
export function endAll(): void {
  for (const pid of groups) endGroup(pid);
}

function endGroup(pid: number): void {
  groups.delete(pid);
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // The group is empty: all of it has ended.
  }
}
