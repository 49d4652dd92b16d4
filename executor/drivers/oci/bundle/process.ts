import type { ImageConfig } from '../images/image.ts';
import { BundleError } from './errors.ts';

export interface Overrides {
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  /** By name, or `NAME=VALUE`. */
  readonly environment?: Readonly<Record<string, string>> | readonly string[];
  readonly workingDirectory?: string;
}

const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** As Docker: another entrypoint drops the image's command. Throws a BundleError `invalid` if nothing is left. */
export function argumentsOf(image: ImageConfig, { entrypoint, command }: Overrides): readonly string[] {
  const first = entrypoint ?? image.entrypoint;
  const rest = command ?? (entrypoint === undefined ? image.command : []);
  const all = [...first, ...rest];
  if (all.length === 0) throw new BundleError('invalid', 'run', 'neither the image nor the request has a command');
  if (all[0] === '')
    throw new BundleError('invalid', 'run', emptyProgram(first.length === 0 ? 'command' : 'entrypoint'));
  return all;
}

function emptyProgram(member: string): string {
  return `the first word of its ${member} is empty, and is to be the program that runs`;
}

/** The last value of a name wins. HOME is the user's, unless the image or the request gives another. */
export function environmentOf(image: ImageConfig, overrides: Overrides, hostname: string, home: string): string[] {
  const requested = overrides.environment ?? [];
  const lines = isList(requested) ? requested : Object.entries(requested).map(([name, value]) => `${name}=${value}`);
  const values = new Map<string, string>();
  for (const line of [PATH, `HOSTNAME=${hostname}`, `HOME=${home}`, ...image.environment, ...lines]) {
    const end = line.indexOf('=');
    if (end < 1) throw new BundleError('invalid', 'run', `${line} is no NAME=VALUE`);
    values.set(line.slice(0, end), line);
  }
  return [...values.values()];
}

function isList(value: Readonly<Record<string, string>> | readonly string[]): value is readonly string[] {
  return Array.isArray(value);
}

/** Throws a BundleError `invalid` if it is not absolute. */
export function workingDirectoryOf(image: ImageConfig, { workingDirectory }: Overrides): string {
  const path = workingDirectory || image.workingDirectory || '/';
  if (!path.startsWith('/')) throw new BundleError('invalid', 'run', `working directory ${path} is not absolute`);
  return path;
}

/** Docker's default capabilities. */
export const CAPABILITIES: readonly string[] = [
  'CAP_CHOWN',
  'CAP_DAC_OVERRIDE',
  'CAP_FSETID',
  'CAP_FOWNER',
  'CAP_MKNOD',
  'CAP_NET_RAW',
  'CAP_SETGID',
  'CAP_SETUID',
  'CAP_SETFCAP',
  'CAP_SETPCAP',
  'CAP_NET_BIND_SERVICE',
  'CAP_SYS_CHROOT',
  'CAP_KILL',
  'CAP_AUDIT_WRITE',
];
