import { join } from 'node:path';
import { plainWords } from './plain-words.ts';
import { hasArgument, readOrNull } from './processes.ts';
import { type Identity, identify } from './record.ts';

export interface ConmonPaths {
  readonly owner: string;
  readonly bundle: string;
  /** Where it writes exit codes. */
  readonly exits: string;
  readonly sockets: string;
  readonly log: string;
  /** Of the log, as long as it is rotated. */
  readonly logBytes: number;
  /** The program, and its directory. */
  readonly runc: string;
  readonly runcRoot: string;
}

/**
 * The limit at which conmon itself drops a log, as a multiple of the one at which it is rotated. It is reached only if the
 * executor does not run, or a process writes so much within a second.
 */
const LARGEST_LOGS = 8;

/** conmon(8) */
export function conmonArguments({
  owner,
  bundle,
  exits,
  sockets,
  log,
  logBytes,
  runc,
  runcRoot,
}: ConmonPaths): string[] {
  const files = ['-b', bundle, '-p', join(bundle, 'pid'), '-P', join(bundle, 'monitor.pid')];
  const directories = ['--exit-dir', exits, '--socket-dir-path', sockets];
  const runtime = ['-r', runc, '--runtime-arg', '--root', '--runtime-arg', runcRoot];
  const limit = String(logBytes * LARGEST_LOGS);
  const logging = ['-l', `k8s-file:${log}`, '--log-size-max', limit, '--log-level', 'warning', '--syslog'];
  return [
    '--api-version',
    '1',
    '-c',
    owner,
    '-u',
    owner,
    '-n',
    owner,
    ...files,
    ...directories,
    ...runtime,
    ...logging,
  ];
}

/** The copy of conmon that stays with the program; null before there is one, and when it has ended. */
export function monitorOf(bundle: string): Identity | null {
  const pid = Number(readOrNull(join(bundle, 'monitor.pid')));
  return hasArgument(pid, bundle) ? identify(pid) : null;
}

/** Whether conmon still can report: `launched` was started, and ends after it has written the id of its copy. */
export function isAtWork(launched: number, bundle: string): boolean {
  return hasArgument(launched, bundle) || monitorOf(bundle) !== null;
}

/** The process id of the program, or what runc said; null until the line is complete. */
export function readReport(path: string): { readonly data?: number; readonly message?: string } | null {
  const text = readOrNull(path);
  if (!text?.endsWith('\n')) return null;
  const { data, message }: { data?: number; message?: string } = JSON.parse(text.split('\n')[0] ?? '');
  return { ...(data !== undefined && { data }), ...(message !== undefined && { message: plainWords(message) }) };
}
