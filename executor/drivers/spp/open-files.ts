import { readFileSync } from 'node:fs';
import type { Limits } from './settings.ts';

/** Shares of the process' open files: connections must leave the rest to the database, the API and the drivers. */
const PROCESSES_SHARE = 4;
const UNIDENTIFIED_SHARE = 8;

/** The soft limit of open files of this process; infinite if there is none. */
export function openFilesLimit(): number {
  try {
    const found = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return found === undefined ? Number.POSITIVE_INFINITY : Number(found);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** The limits with which connections cannot exceed their share of the open files. */
export function withinOpenFiles(limits: Limits, openFiles: number): Limits {
  const share = (limit: number, part: number) => Math.max(1, Math.min(limit, Math.floor(openFiles / part)));
  return {
    ...limits,
    processes: share(limits.processes, PROCESSES_SHARE),
    unidentified: share(limits.unidentified, UNIDENTIFIED_SHARE),
  };
}
