import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { CONMON, runcPath } from '../../executor/drivers/oci/host-programs.ts';
import { conmonArguments } from '../../executor/drivers/oci/runtime/conmon.ts';
import { enterOwnMounts, leaveOut, mountOverlay } from '../../executor/drivers/oci/runtime/mounts.ts';
import { inLanes } from '../../executor/kinds/lanes.ts';
import { type BareContainer, type BareProcesses, type BareWork, NETWORK, ROOT } from './bare-container.ts';

/*
 * The time of the programs alone for containers that run a process: an overlay, `conmon` with `runc create`, and
 * `runc start` for each, several at a time, in network namespaces that exist already; nothing is recorded, observed or
 * undone. It is the lower bound for weft. A thread, since it has a mount namespace of its own, without those of the network
 * namespaces, which each container would copy.
 */

const { directory, runDirectory, lower, containers, together }: BareProcesses = workerData;
const runc = runcPath();
const paths = {
  exits: join(runDirectory, 'exits'),
  sockets: join(runDirectory, 'sockets'),
  runcRoot: join(runDirectory, 'runc'),
};
const environment = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', _OCI_SYNCPIPE: '3' };
const descriptors = new Map<string, number>();

async function start({ owner, configuration }: BareContainer): Promise<void> {
  const bundle = join(directory, owner);
  const upper = join(bundle, 'upper');
  const work = join(bundle, 'work');
  const root = join(bundle, 'root');
  for (const path of [upper, work, root]) mkdirSync(path, { recursive: true });
  const network = `/proc/${process.pid}/fd/${descriptors.get(owner)}`;
  writeFileSync(join(bundle, 'config.json'), configured(configuration, root, network));
  mountOverlay(lower, upper, work, root);
  const words = conmonArguments({ owner, bundle, ...paths, log: join(bundle, 'log'), logBytes: 1 << 24, runc });
  const conmon = spawn(CONMON, words, { env: environment, stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
  const said = await reportOf(conmon);
  if (!said.includes('"data"') || said.includes('message')) throw new Error(`conmon: ${said}`);
  await callRunc('start', owner);
}

function configured(configuration: object, root: string, network: string): string {
  return JSON.stringify(configuration, (_member, value: unknown) => {
    if (value === ROOT) return root;
    return value === NETWORK ? network : value;
  });
}

async function reportOf({ stdio: [, , , report] }: ChildProcess): Promise<string> {
  if (!report) throw new Error('conmon has no pipe');
  const [said] = await once(report, 'data');
  report.destroy();
  return String(said);
}

async function callRunc(...words: string[]): Promise<void> {
  const [code] = await once(spawn(runc, ['--root', paths.runcRoot, ...words], { stdio: 'inherit' }), 'exit');
  if (code !== 0) throw new Error(`runc ${words.join(' ')}: ${code}`);
}

async function remove({ owner }: BareContainer): Promise<void> {
  await callRunc('delete', '--force', owner);
}

async function all(work: (container: BareContainer) => Promise<void>): Promise<number> {
  const began = performance.now();
  await inLanes(containers, together, work);
  return performance.now() - began;
}

if (parentPort === null) throw new Error('bare-processes.ts is to be started as a worker thread');
const port = parentPort;
for (const path of Object.values(paths)) mkdirSync(path, { recursive: true });
for (const { owner, namespace } of containers) descriptors.set(owner, openSync(namespace, 'r'));
enterOwnMounts();
leaveOut('/run/netns');
port.on('message', async (work: BareWork) => {
  try {
    port.postMessage(await all(work === 'start' ? start : remove));
  } catch (error) {
    port.postMessage(String(error));
  }
});
