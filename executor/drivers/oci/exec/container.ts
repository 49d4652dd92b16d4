import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { runcPath } from '../host-programs.ts';
import { ExecuteError } from './errors.ts';
import type { ControlGroups } from './group.ts';

/** It takes some 20 ms. */
const DEADLINE_MS = 30_000;
const run = promisify(execFile);

/** `process.user` of the OCI runtime specification. */
export interface ProcessUser {
  readonly uid: number;
  readonly gid: number;
  readonly additionalGids?: readonly number[];
}

export interface RunningContainer {
  /** `process` of its config.json. */
  readonly process: {
    readonly user: ProcessUser;
    readonly cwd: string;
    readonly env?: readonly string[];
    readonly capabilities?: { readonly bounding?: readonly string[] };
    readonly noNewPrivileges?: boolean;
    readonly oomScoreAdj?: number;
  };
  readonly cgroups: ControlGroups;
}

/** @throws ExecuteError `missing` if it does not run */
export async function runningContainer(runRoot: string, owner: string, action: string): Promise<RunningContainer> {
  const { status, bundle } = await stateOf(runRoot, owner, action);
  if (status !== 'running') throw new ExecuteError('missing', action, `the container is ${status}`);
  try {
    const { process } = JSON.parse(readFileSync(join(bundle, 'config.json'), 'utf8'));
    return { process, cgroups: controlGroups(runRoot, owner) };
  } catch (cause) {
    throw new ExecuteError('host', action, `the container cannot be read: ${cause}`, { cause });
  }
}

/** As runc has recorded them. */
export function controlGroups(runRoot: string, owner: string): ControlGroups {
  return JSON.parse(readFileSync(join(runRoot, owner, 'state.json'), 'utf8')).cgroup_paths;
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
