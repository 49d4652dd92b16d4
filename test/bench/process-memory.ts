import { readFileSync } from 'node:fs';

/* Memory statistics of the kernel, in KiB. */

export interface ProcessMemory {
  /** Resident memory, including pages shared with other processes. */
  readonly resident: number;
  /** The process' own data. */
  readonly anonymous: number;
  /** Programs and libraries: pages of files. */
  readonly files: number;
  /** `resident` with shared pages divided among the processes that share them. */
  readonly proportional: number;
  readonly highest: number;
  readonly threads: number;
}

export function processMemory(pid: number): ProcessMemory {
  const status = figures(`/proc/${pid}/status`);
  return {
    resident: status('VmRSS'),
    anonymous: status('RssAnon'),
    files: status('RssFile') + status('RssShmem'),
    proportional: figures(`/proc/${pid}/smaps_rollup`)('Pss'),
    highest: status('VmHWM'),
    threads: status('Threads'),
  };
}

/** Memory of the kernel itself: its objects and those of each processor. */
export function kernelMemory(): { slab: number; perProcessor: number } {
  const meminfo = figures('/proc/meminfo');
  return { slab: meminfo('SUnreclaim'), perProcessor: meminfo('Percpu') };
}

function figures(path: string): (name: string) => number {
  const text = readFileSync(path, 'utf8');
  return (name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0);
}
