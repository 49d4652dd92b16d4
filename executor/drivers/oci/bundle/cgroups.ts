import { BundleError } from './errors.ts';

/** Where a host's controllers are: in hierarchies of version 1, the same next to a version 2 without them, or version 2. */
export type CgroupLayout = 'v1' | 'hybrid' | 'v2';

export interface Limits {
  /** In bytes, swap included; null: none. */
  readonly memory: number | null;
  /** In whole or part processors: 1.5; null: none. */
  readonly cpus: number | null;
}

export interface Resources {
  readonly devices: readonly DeviceRule[];
  readonly memory?: { readonly limit: number; readonly swap: number };
  readonly cpu?: { readonly quota: number; readonly period: number };
}

export interface DeviceRule {
  readonly allow: boolean;
  readonly type?: 'a' | 'c' | 'b';
  readonly major?: number;
  readonly minor?: number;
  readonly access: string;
}

/** In microseconds. */
const PERIOD = 100_000;

/**
 * Reads `/proc/self/mountinfo` (proc_pid_mountinfo(5)). Throws a BundleError `host` that names the
 * controllers of version 1 that are not mounted; those of version 2 are in `cgroup.controllers`, not here.
 */
export function chooseCgroups(mountinfo: string, controllers: readonly string[]): CgroupLayout {
  const mounts = mountinfo.split('\n').flatMap(cgroupMount);
  const unified = mounts.some(({ type }) => type === 'cgroup2');
  const legacy = new Set(mounts.filter(({ type }) => type === 'cgroup').flatMap(({ options }) => options));
  const missing = controllers.filter((name) => !legacy.has(name));
  // systemd mounts a hierarchy without controllers, name=systemd, which does not make a host one of version 1.
  if (unified && missing.length === controllers.length) return 'v2';
  if (missing.length > 0) {
    throw new BundleError('host', 'choose cgroups', `no cgroup hierarchy is mounted for ${missing.join(', ')}`);
  }
  return unified ? 'hybrid' : 'v1';
}

function cgroupMount(line: string): { type: string; options: readonly string[] }[] {
  const [, after] = line.split(' - ');
  const [type = '', , options = ''] = after?.split(' ') ?? [];
  return type === 'cgroup' || type === 'cgroup2' ? [{ type, options: options.split(',') }] : [];
}

/** `linux.resources`. All devices are refused but Docker's; swap equal to memory: no swap beyond it. */
export function resourcesOf({ memory, cpus }: Limits): Resources {
  return {
    devices: DEVICES,
    ...(memory === null ? {} : { memory: { limit: memory, swap: memory } }),
    ...(cpus === null ? {} : { cpu: { quota: Math.round(cpus * PERIOD), period: PERIOD } }),
  };
}

/** null, zero, full, tty, random, urandom, pseudo terminals. */
const DEVICES: readonly DeviceRule[] = [
  { allow: false, access: 'rwm' },
  { allow: true, type: 'c', access: 'm' },
  { allow: true, type: 'b', access: 'm' },
  ...[3, 5, 7, 8, 9].map((minor) => allowed(1, minor)),
  allowed(5, 0),
  allowed(5, 1),
  allowed(5, 2),
  { allow: true, type: 'c', major: 136, access: 'rwm' },
];

function allowed(major: number, minor: number): DeviceRule {
  return { allow: true, type: 'c', major, minor, access: 'rwm' };
}
