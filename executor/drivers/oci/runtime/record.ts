import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessView } from './driver.ts';
import type { NamespaceFile } from './namespace.ts';
import type { RunPaths } from './paths.ts';
import { readOrNull, startTime } from './processes.ts';

/** A process; an id alone is used again by others. */
export interface Identity {
  readonly pid: number;
  readonly started: string;
}

type Kept = 'owner' | 'number' | 'digest' | 'lower' | 'startedMs' | 'restarts' | 'failures' | 'limits' | 'stopped';

/** What is known of a process, in a file next to its config.json. */
export interface ProcessRecord extends Pick<ProcessView, Kept> {
  readonly namespace: NamespaceFile;
  readonly stopSignal: string;
  /** Who is starting or removing it; it is not shown as long as that one lives. */
  readonly changing: Identity | null;
  /** Null until the start was completed. */
  readonly program: Identity | null;
  readonly monitor: Identity | null;
  /** When the loss of conmon was noticed, in milliseconds since 1970. */
  readonly lostMs?: number;
}

export function readRecord(paths: RunPaths, owner: string): ProcessRecord | null {
  const text = readOrNull(recordFile(paths, owner));
  return text === null ? null : JSON.parse(text);
}

export function writeRecord(paths: RunPaths, record: ProcessRecord): void {
  const path = recordFile(paths, record.owner);
  writeFileSync(`${path}.new`, JSON.stringify(record));
  renameSync(`${path}.new`, path);
}

function recordFile(paths: RunPaths, owner: string): string {
  return join(paths.bundle(owner), 'record.json');
}

export function identify(pid: number): Identity | null {
  const started = pid > 0 ? startTime(pid) : null;
  return started === null ? null : { pid, started };
}

export function isAlive(identity: Identity | null): boolean {
  return identity !== null && startTime(identity.pid) === identity.started;
}
