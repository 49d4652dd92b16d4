import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { runcPath } from '../host-programs.ts';
import { ExecuteError } from './errors.ts';

/** It takes some 20 ms. */
const DEADLINE_MS = 30_000;
const run = promisify(execFile);

export interface RunningContainer {
  /** `process` of its config.json. */
  readonly process: {
    readonly env?: readonly string[];
    readonly capabilities?: { readonly bounding?: readonly string[] };
    readonly noNewPrivileges?: boolean;
    readonly oomScoreAdj?: number;
  };
  /** Directories of its control groups by controller; version 2 has the name ''. */
  readonly cgroups: Readonly<Record<string, string>>;
}

/** @throws ExecuteError `missing` if it does not run */
export async function runningContainer(runRoot: string, owner: string, action: string): Promise<RunningContainer> {
  const { status, bundle } = await stateOf(runRoot, owner, action);
  if (status !== 'running') throw new ExecuteError('missing', action, `the container is ${status}`);
  try {
    const { process } = JSON.parse(readFileSync(join(bundle, 'config.json'), 'utf8'));
    const { cgroup_paths: cgroups } = JSON.parse(readFileSync(join(runRoot, owner, 'state.json'), 'utf8'));
    return { process, cgroups };
  } catch (cause) {
    throw new ExecuteError('host', action, `the container cannot be read: ${cause}`, { cause });
  }
}

async function stateOf(
  runRoot: string,
  owner: string,
  action: string,
): Promise<{ readonly status: string; readonly bundle: string }> {
  try {
    const { stdout } = await run(runcPath(), ['--root', runRoot, 'state', owner], {
      timeout: DEADLINE_MS,
      killSignal: 'SIGKILL',
    });
    return JSON.parse(stdout);
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    const code = detail.includes('container does not exist') ? 'missing' : 'host';
    throw new ExecuteError(code, action, detail, { cause });
  }
}
