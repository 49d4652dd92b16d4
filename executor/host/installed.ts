import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';

/** Where Debian and others install daemons, in addition to the executor's PATH. */
const directories = [
  '/usr/local/sbin',
  '/usr/local/bin',
  '/usr/sbin',
  '/usr/bin',
  '/sbin',
  '/bin',
  '/usr/lib/frr',
  '/usr/libexec/frr',
];

/** How long to wait for a program's answer. */
const ANSWER_MS = 2_000;

/** A program of the host; `version` is null if it does not report one. */
export interface Installed {
  readonly program: string;
  readonly version: string | null;
}

/** Which of these programs the host has; missing programs cost no process. */
export async function findInstalled(
  programs: readonly string[],
  where: readonly string[] = directories,
  deadlineMs = ANSWER_MS,
): Promise<Installed[]> {
  const found = await Promise.all(
    programs.map(async (program) => {
      const path = await locate(program, where);
      return path === undefined ? [] : [{ program, version: parseVersion(await askVersion(path, deadlineMs)) }];
    }),
  );
  return found.flat();
}

/** `Docker version 28.2.2, build e6534b4`, `ovs-vswitchd (Open vSwitch) 3.1.0`, `5.0.2` */
export function parseVersion(text: string): string | null {
  return /(?:^|[\sv])(\d+(?:\.\d+)+[A-Za-z0-9.+~-]*)/.exec(text)?.[1] ?? null;
}

async function locate(program: string, where: readonly string[]): Promise<string | undefined> {
  for (const directory of where) {
    const path = join(directory, program);
    const isThere = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return path;
  }
  return undefined;
}

/** Its first line; empty if it fails or does not answer in time. */
function askVersion(path: string, deadlineMs: number): Promise<string> {
  const options = {
    timeout: deadlineMs,
    killSignal: 'SIGKILL',
    env: { LC_ALL: 'C', PATH: directories.join(':') },
  } as const;
  return new Promise((resolve) => {
    const child = execFile(path, ['--version'], options, (error, stdout) => {
      resolve(error ? '' : (stdout.split('\n')[0] ?? ''));
    });
    child.stdin?.end();
  });
}
