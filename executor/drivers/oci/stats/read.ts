import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { ProcessView } from '../runtime/driver.ts';
import { readOrNull } from '../runtime/processes.ts';
import { type InterfaceCounters, parseField, parseInterfaces, parseLimit, parseNumber } from './counters.ts';
import { type Group, groupOf, type Hierarchy, hierarchiesOf } from './groups.ts';

/** What all processes of a container use together. Null: the host does not count it. */
export interface ProcessStats {
  /** Time of processors since its start, in microseconds. */
  readonly cpuMicroseconds: number | null;
  /** In use, in bytes, without contents of files that the kernel may drop. */
  readonly memoryBytes: number | null;
  /** In bytes; null: none. */
  readonly memoryLimitBytes: number | null;
  /** Threads are counted, too: each is one that a limit of processes counts. */
  readonly processes: number | null;
  /** All of its network namespace, `lo` among them. */
  readonly interfaces: readonly InterfaceCounters[];
}

/** Contents of a file, or null if it cannot be read. */
export type ReadFile = (path: string) => string | null;

/** Read without a turn of the event loop; each takes a fifth of a millisecond. */
const PIECE = 32;

/** By owner; those that do not run, or end meanwhile, are left out. Reads files of the kernel only. */
export async function readStats(
  processes: Iterable<Pick<ProcessView, 'owner' | 'pid'>>,
  read: ReadFile = readOrNull,
): Promise<ReadonlyMap<string, ProcessStats>> {
  const hierarchies = hierarchiesOf(read('/proc/self/mountinfo') ?? '');
  const all = new Map<string, ProcessStats>();
  let count = 0;
  for (const { owner, pid } of processes) {
    const stats = pid === null ? null : statsOf(pid, hierarchies, read);
    if (stats !== null) all.set(owner, stats);
    if (++count % PIECE === 0) await turn();
  }
  return all;
}

function statsOf(pid: number, hierarchies: readonly Hierarchy[], read: ReadFile): ProcessStats | null {
  const memberships = read(`/proc/${pid}/cgroup`);
  const interfaces = read(`/proc/${pid}/net/dev`);
  if (memberships === null || interfaces === null) return null;
  const readerOf = (controller: string) => groupReader(groupOf(hierarchies, memberships, controller), read);
  const memory = readerOf('memory');
  return {
    cpuMicroseconds: usedTime(readerOf('cpuacct')),
    memoryBytes: usedMemory(memory),
    memoryLimitBytes: parseLimit(memory({ 1: 'memory.limit_in_bytes', 2: 'memory.max' })),
    processes: parseNumber(readerOf('pids')({ 1: 'pids.current', 2: 'pids.current' })),
    interfaces: parseInterfaces(interfaces),
  };
}

/** Reads a file of a group by its names in both versions; empty if it is not there. */
type GroupReader = (names: Readonly<Record<1 | 2, string>>) => string;

function groupReader(group: Group | null, read: ReadFile): GroupReader {
  return (names) => (group === null ? '' : (read(join(group.directory, names[group.version])) ?? ''));
}

function usedTime(read: GroupReader): number | null {
  const text = read({ 1: 'cpuacct.usage', 2: 'cpu.stat' });
  const microseconds = parseField(text, 'usage_usec');
  if (microseconds !== null) return microseconds;
  const nanoseconds = parseNumber(text);
  return nanoseconds === null ? null : Math.floor(nanoseconds / 1000);
}

function usedMemory(read: GroupReader): number | null {
  const all = parseNumber(read({ 1: 'memory.usage_in_bytes', 2: 'memory.current' }));
  if (all === null) return null;
  const stat = read({ 1: 'memory.stat', 2: 'memory.stat' });
  const droppable = parseField(stat, 'total_inactive_file') ?? parseField(stat, 'inactive_file') ?? 0;
  return Math.max(0, all - droppable);
}
