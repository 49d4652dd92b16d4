import { statSync } from 'node:fs';
import type { ProcessView } from './driver.ts';
import { readOrNull, startTime } from './processes.ts';

/** A process; an id alone is used again by others. */
export interface Identity {
  readonly pid: number;
  readonly started: string;
}

export interface ProcessRecord extends Pick<ProcessView, 'owner' | 'number' | 'digest' | 'startedMs' | 'restarts'> {
  /** Null until the start was completed. */
  readonly program: Identity | null;
  readonly monitor: Identity | null;
  /** When the loss of conmon was noticed, in milliseconds since 1970. */
  readonly lostMs?: number;
}

/** What the record and the file with the exit code, written by conmon, say of a process. */
export function viewOf(record: ProcessRecord, file: string): ProcessView {
  const { program, monitor, lostMs = Date.now(), ...rest } = record;
  // Before the file is read: conmon writes it after its process has ended, and before it ends itself.
  const [programLives, monitorLives] = [isAlive(program), isAlive(monitor)];
  const code = readOrNull(file);
  if (code !== null && code !== '') {
    const exit = { code: Number(code), finishedMs: statSync(file).mtimeMs, reason: null };
    return { ...rest, phase: 'exited', pid: null, exit };
  }
  if (programLives && monitorLives) return { ...rest, phase: 'running', pid: program?.pid ?? null, exit: null };
  if (monitorLives) return { ...rest, phase: 'running', pid: null, exit: null };
  const reason = program === null ? 'its start was not completed' : 'conmon has ended before its process';
  return { ...rest, phase: 'exited', pid: null, exit: { code: null, finishedMs: lostMs, reason } };
}

export function identify(pid: number): Identity | null {
  const started = pid > 0 ? startTime(pid) : null;
  return started === null ? null : { pid, started };
}

export function isAlive(identity: Identity | null): boolean {
  return identity !== null && startTime(identity.pid) === identity.started;
}
