import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The limits of control groups for a process (the kernel's cgroup-v2.rst): bytes and cores, infinite without a limit.
 */
export interface CgroupLimits {
  readonly memory: number;
  readonly freeMemory: number;
  readonly cpu: number;
}

/** A file's text, empty if it cannot be read. */
export type ReadText = (path: string) => string;

/**
 * Returns a function that reads the limits of the process' own group and of its ancestors, as far as they are visible.
 * The mount is looked up only once: each named namespace is a mount, too, and a host has thousands.
 */
export function openCgroups(read: ReadText = readText): () => CgroupLimits {
  const mount = findMount(read('/proc/self/mountinfo'));
  return () => {
    const path = mount && pathIn(mount, read('/proc/self/cgroup'));
    const groups = mount && path ? pathsUpwards(path).map((each) => join(mount.directory, each)) : [];
    const limits = groups.map((group) => limitsOf(group, read));
    return {
      memory: Math.min(...limits.map(({ memory }) => memory)),
      freeMemory: Math.min(...limits.map(({ freeMemory }) => freeMemory)),
      cpu: Math.min(...limits.map(({ cpu }) => cpu)),
    };
  };
}

function limitsOf(group: string, read: ReadText): CgroupLimits {
  const memory = parseMemoryMax(read(join(group, 'memory.max')));
  const used = Number.isFinite(memory)
    ? parseUsedMemory(read(join(group, 'memory.current')), read(join(group, 'memory.stat')))
    : 0;
  return { memory, freeMemory: Math.max(0, memory - used), cpu: parseCpuMax(read(join(group, 'cpu.max'))) };
}

/** The mount point of the version 2 hierarchy, and which part of it is mounted. */
interface CgroupMount {
  readonly root: string;
  readonly directory: string;
}

/** From the lines of proc_pid_mountinfo(5). Null: it is not mounted. */
export function findMount(mountinfo: string): CgroupMount | null {
  const [, root, directory] = /^\S+ \S+ \S+ (\S+) (\S+) .* - cgroup2 /m.exec(mountinfo) ?? [];
  return root === undefined || directory === undefined ? null : { root, directory };
}

/** Path of the process' own group below the mount point, from /proc/self/cgroup; null: it is in no version 2 group. */
export function pathIn({ root }: CgroupMount, cgroup: string): string | null {
  const own = /^0::(\/.*)$/m.exec(cgroup)?.[1];
  if (own === undefined) return null;
  // A mount of a part of the hierarchy contains what is below that part.
  const below = root === '/' ? own : own.startsWith(root) ? own.slice(root.length) : '/';
  return below === '' ? '/' : below;
}

function pathsUpwards(path: string): string[] {
  return path === '/' ? [path] : [path, ...pathsUpwards(join(path, '..'))];
}

export function parseMemoryMax(text: string): number {
  return /^\d+\s*$/.test(text) ? Number(text) : Number.POSITIVE_INFINITY;
}

/** `QUOTA PERIOD`, or `max PERIOD` */
export function parseCpuMax(text: string): number {
  const [, quota, period] = /^(\d+) (\d+)\s*$/.exec(text) ?? [];
  return quota === undefined || Number(period) === 0 ? Number.POSITIVE_INFINITY : Number(quota) / Number(period);
}

/** Without the inactive file cache, which the kernel reclaims when needed. */
export function parseUsedMemory(current: string, stat: string): number {
  const reclaimable = Number(/^inactive_file (\d+)$/m.exec(stat)?.[1] ?? 0);
  return Math.max(0, (Number.parseInt(current, 10) || 0) - reclaimable);
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
