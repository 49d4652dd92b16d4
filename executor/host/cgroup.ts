import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the control groups leave a process (the kernel's cgroup-v2.rst): bytes and cores, infinite where they set no limit. */
export interface CgroupLimits {
  readonly memory: number;
  readonly freeMemory: number;
  readonly cpu: number;
}

/** A file's text, empty where it can't be read. */
export type ReadText = (path: string) => string;

/**
 * Answers a function that reads the limits of our own group and of those around it, as far as this process can see them.
 * Where groups are mounted is looked up now: each namespace that has a name is a mount, too, and a host has thousands.
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

/** Where the hierarchy of version 2 is mounted, and which part of it. */
interface CgroupMount {
  readonly root: string;
  readonly directory: string;
}

/** From the lines of proc_pid_mountinfo(5). Null: there is none. */
export function findMount(mountinfo: string): CgroupMount | null {
  const [, root, directory] = /^\S+ \S+ \S+ (\S+) (\S+) .* - cgroup2 /m.exec(mountinfo) ?? [];
  return root === undefined || directory === undefined ? null : { root, directory };
}

/** Our group's path below the mount's directory, from what /proc/self/cgroup says; null: it is in none of version 2. */
export function pathIn({ root }: CgroupMount, cgroup: string): string | null {
  const own = /^0::(\/.*)$/m.exec(cgroup)?.[1];
  if (own === undefined) return null;
  // A mount of a part of the hierarchy shows what lies below that part.
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

/** The kernel takes back what it only keeps of files that nobody read of late. */
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
