import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessView, RuntimeOptions } from './driver.ts';
import { layerRoots } from './layers.ts';
import { isSameNamespace } from './namespace.ts';
import { RunPaths } from './paths.ts';
import { readOrNull } from './processes.ts';
import { isAlive, type ProcessRecord, readRecord } from './record.ts';

/**
 * Processes by owner, without those that are being started or removed. Reads files only, so any thread may call it; there are no
 * processes if there is no such directory.
 */
export function viewProcesses(
  runDirectory: string,
  owners: readonly string[] | 'all',
): ReadonlyMap<string, ProcessView> {
  const paths = new RunPaths(runDirectory);
  const names = owners === 'all' ? paths.owners() : owners;
  const views = names.flatMap((name) => viewProcess(paths, name) ?? []);
  return new Map(views.map((view) => [view.owner, view]));
}

/** All processes, each read when it is asked for: of thousands the event loop is free in between. */
export function* eachProcess(runDirectory: string): Generator<ProcessView> {
  const paths = new RunPaths(runDirectory);
  for (const owner of paths.owners()) {
    const view = viewProcess(paths, owner);
    if (view !== null) yield view;
  }
}

/** Null if there is none, while it is being started or removed, and if its start was not completed. */
export function viewProcess(paths: RunPaths, owner: string): ProcessView | null {
  const record = readRecord(paths, owner);
  if (record === null || isAlive(record.changing)) return null;
  return record.program === null ? null : viewOf(record, paths);
}

/**
 * Roots of images that processes need, also those that are being started, and those that may be started again on their
 * writable layers, after a restart of the host, too.
 */
export function usedRoots({ directory, runDirectory }: Directories): ReadonlySet<string> {
  const paths = new RunPaths(runDirectory);
  return new Set([
    ...paths.owners().flatMap((owner) => readRecord(paths, owner)?.lower ?? []),
    ...layerRoots(directory),
  ]);
}

type Directories = Pick<RuntimeOptions, 'directory' | 'runDirectory'>;

/** A file of conmon's in its working directory, the bundle. */
const OUT_OF_MEMORY = 'oom';

/** What the record and the file with the exit code, written by conmon, say of a process. */
export function viewOf(record: ProcessRecord, paths: RunPaths): ProcessView {
  const { program, monitor, namespace, stopSignal: _signal, changing: _, lostMs = Date.now(), ...kept } = record;
  const file = paths.exit(record.owner);
  // Before the file is read: conmon writes it after its process has ended, and before it ends itself.
  const [programLives, monitorLives] = [isAlive(program), isAlive(monitor)];
  const ended = { ...kept, phase: 'exited', pid: null, detached: false } as const;
  const code = readOrNull(file);
  if (code !== null && code !== '') {
    const reason = existsSync(join(paths.bundle(record.owner), OUT_OF_MEMORY))
      ? 'it used more memory than its limit'
      : null;
    return { ...ended, exit: { code: Number(code), finishedMs: statSync(file).mtimeMs, reason } };
  }
  if (monitorLives) {
    const pid = programLives ? (program?.pid ?? null) : null;
    return { ...kept, phase: 'running', pid, detached: !isSameNamespace(namespace), exit: null };
  }
  return { ...ended, exit: { code: null, finishedMs: lostMs, reason: 'conmon has ended before its process' } };
}
