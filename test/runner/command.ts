import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface Ended {
  /** Null: it was killed by a signal. */
  readonly code: number | null;
  readonly output: string;
}

const groups = new Set<number>();

/**
 * Runs a program in a process group of its own, which ends with it: nothing that it started outlives it. Its output
 * is kept for whoever wants to show it.
 */
export async function runCommand(
  program: string,
  args: readonly string[],
  { environment = {}, deadlineMs }: { environment?: Record<string, string>; deadlineMs: number },
): Promise<Ended> {
  const child = spawn(program, args, {
    detached: true,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const pid = child.pid;
  if (pid !== undefined) groups.add(pid);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => {
      output += text;
    });
  }
  const late = setTimeout(() => {
    output += `\nended after ${deadlineMs / 1000} s\n`;
    if (pid !== undefined) endGroup(pid);
  }, deadlineMs);
  try {
    const [code] = await once(child, 'exit');
    return { code, output };
  } catch (error) {
    return { code: null, output: `${output}${String(error)}\n` };
  } finally {
    clearTimeout(late);
    if (pid !== undefined) endGroup(pid);
  }
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
    // The group is empty: all of it has ended by itself.
  }
}
