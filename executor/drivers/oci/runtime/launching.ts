import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bind } from './binds.ts';
import { conmonArguments, isAtWork, monitorOf, readReport } from './conmon.ts';
import type { StartPlace, StartRequest } from './driver.ts';
import { RuntimeError } from './errors.ts';
import type { Launcher } from './launcher.ts';
import { layerOf, makeLayer } from './layers.ts';
import { namespaceFile } from './namespace.ts';
import { BINDS, logDirectory, ROOT, type RunPaths } from './paths.ts';
import { identify, type ProcessRecord, writeRecord } from './record.ts';
import { waitUntil } from './waiting.ts';

export interface LaunchContext {
  /** Of writable layers. */
  readonly directory: string;
  readonly paths: RunPaths;
  readonly launcher: Launcher;
  /** Path of the program. */
  readonly runc: string;
  readonly deadlineMs: number;
  /** Of the log of the process. */
  readonly logBytes: number;
  readonly at: (place: StartPlace) => void;
  readonly callRunc: (action: string, ...words: string[]) => Promise<void>;
}

/** What is known of a process before its start, from the one before it. */
export type History = Pick<ProcessRecord, 'restarts' | 'failures'>;

/** Makes the files of a process and starts it, where nothing is left of one before. */
export async function launchProcess(
  context: LaunchContext,
  request: StartRequest,
  history: History,
  action: string,
): Promise<void> {
  const descriptor = openNamespace(request.networkNamespace, action);
  try {
    const record = prepare(context, request, history, descriptor);
    const launched = await startMonitor(context, request, action);
    context.at('launch');
    const program = await reportedProgram(context, request.owner, launched, action);
    const monitor = monitorOf(context.paths.bundle(request.owner));
    if (monitor === null) throw new RuntimeError('host', action, 'conmon has ended');
    context.at('starting');
    await context.callRunc(action, 'start', request.owner);
    context.at('started');
    writeRecord(context.paths, { ...record, program, monitor, changing: null });
  } finally {
    closeSync(descriptor);
  }
}

function openNamespace(path: string, action: string): number {
  try {
    return openSync(path, 'r');
  } catch (cause) {
    throw new RuntimeError('host', action, `its network namespace cannot be opened: ${cause}`, { cause });
  }
}

function prepare(context: LaunchContext, request: StartRequest, history: History, descriptor: number): ProcessRecord {
  const { owner, number, digest, lower, limits, stopSignal, networkNamespace } = request;
  const bundle = context.paths.bundle(owner);
  const root = join(bundle, ROOT);
  for (const path of [root, logDirectory(context.directory, owner)]) mkdirSync(path, { recursive: true });
  makeLayer(context, request);
  const record = {
    ...{ owner, number, digest, lower, limits, stopSignal, ...history, startedMs: Date.now() },
    namespace: namespaceFile(networkNamespace, descriptor),
    changing: identify(process.pid),
    program: null,
    monitor: null,
  };
  writeRecord(context.paths, record);
  context.at('record');
  const configuration = request.configuration({
    root,
    networkNamespace: `/proc/${process.pid}/fd/${descriptor}`,
    binds: bindsOf(bundle, request).map(({ target }) => target),
  });
  writeFileSync(join(bundle, 'config.json'), JSON.stringify(configuration));
  context.at('config');
  return record;
}

/** The process id of conmon. */
function startMonitor(context: LaunchContext, request: StartRequest, action: string): Promise<number> {
  const { owner, lower } = request;
  const { directory, paths, launcher, runc, logBytes } = context;
  const bundle = paths.bundle(owner);
  const { exits, sockets, runc: runcRoot } = paths;
  const log = join(logDirectory(directory, owner), 'current');
  const words = conmonArguments({ owner, bundle, exits, sockets, log, logBytes, runc, runcRoot });
  const mounted = { lower, ...layerOf(context, request), root: join(bundle, ROOT) };
  return launcher.launch(
    { ...mounted, binds: bindsOf(bundle, request), report: join(bundle, 'report'), arguments: words },
    action,
  );
}

/** Whether conmon lives is looked up in so many of the checks for its report: that reads three files. */
const CHECKS_OF_REPORT = 10;

/** The program that runc has created, and that waits for its start. */
async function reportedProgram(context: LaunchContext, owner: string, launched: number, action: string) {
  const { paths, deadlineMs, at } = context;
  const bundle = paths.bundle(owner);
  const report = join(bundle, 'report');
  let checks = 0;
  const hasEnded = () => ++checks % CHECKS_OF_REPORT === 0 && !isAtWork(launched, bundle);
  await waitUntil(() => readReport(report) !== null || hasEnded(), deadlineMs, action);
  const said = readReport(report);
  if (said === null) throw new RuntimeError('host', action, 'conmon has ended before it reported');
  at('report');
  const program = identify(said.data ?? -1);
  if (program === null) throw new RuntimeError('refused', action, said.message ?? 'its process has ended');
  return program;
}

function bindsOf(bundle: string, { binds }: StartRequest): Bind[] {
  return binds.map((source, position) => ({ source, target: join(bundle, BINDS, String(position)) }));
}
