import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { ControlGroup } from '../../executor/drivers/oci/runtime/control-groups.ts';
import { endProcesses } from '../support/processes.ts';
import type { BareProcesses, BareWork } from './bare-container.ts';
import { makeBusyboxLayout } from './busybox-image.ts';
import { BARE_GROUP, copyBundles, imageRoot } from './pool-bundles.ts';
import { print, quantile, timed, withWeft } from './weft.ts';

/*
 * Times a pool of containers that run busybox on one new CIN, from the request to the answer, made and deleted, in
 * comparison with conmon and runc alone for the same bundles, before and after. The last lines are the result.
 *
 * unshare -mn --propagation private sh -c 'mount -t tmpfs none /run; ip link set lo up; exec node_modules/.bin/node
 * test/bench/pool-processes.ts [containers [rounds]]'
 */

const containers = Number(process.argv[2] ?? 200);
const ROUNDS = Number(process.argv[3] ?? 3);
/** Bare starts at a time: the fastest number on two processors. */
const TOGETHER = 10;
const IMAGE = 'lab/busybox:1';

const directory = mkdtempSync(join(tmpdir(), 'weft-bench-'));
const median = (times: readonly number[]) => quantile(times, 0.5);
const inWords = (times: readonly number[]) => `${times.map((time) => (time / 1000).toFixed(2)).join(', ')} s`;

function scale(cpoolID: string, type: string, start_with: number): Promise<number> {
  return timed('POST', '/cpool', { cpoolList: [{ cpoolID, type, start_with, cins: [{ cinID: `cin-${cpoolID}` }] }] });
}

interface Times {
  readonly started: number[];
  readonly removed: number[];
}

/** A thread for each round: its overlays end with it. */
async function measureBare(work: Pick<BareProcesses, 'containers' | 'lower'>, times: Times): Promise<void> {
  const name = `bare${times.started.length}`;
  const places = { directory: join(directory, name), runDirectory: `/run/${name}` };
  const workerData: BareProcesses = { ...work, ...places, together: TOGETHER };
  const thread = new Worker(new URL('bare-processes.ts', import.meta.url), { workerData });
  const ask = async (what: BareWork): Promise<number> => {
    thread.postMessage(what);
    const [said] = await once(thread, 'message');
    if (typeof said !== 'number') throw new Error(said);
    return said;
  };
  try {
    times.started.push(await ask('start'));
  } finally {
    times.removed.push(await ask('remove'));
    await thread.terminate();
  }
}

async function measure(): Promise<void> {
  makeBusyboxLayout(directory);
  await timed('PATCH', '/hypervisors/host1/config', { image_import_dir: directory });
  await timed('POST', '/images', { name: IMAGE, source: 'oci:layout' });
  // Its namespaces, which have addresses, are for the programs alone.
  await scale('bare', 'netns', containers);
  const first = await scale('p', IMAGE, containers);
  const namespaces = Array.from({ length: containers }, (_, index) => `/run/netns/bare-${index + 1}`);
  const work = { containers: copyBundles(directory, namespaces), lower: imageRoot() };
  await timed('DELETE', '/cpool/p');
  const bare: Times = { started: [], removed: [] };
  const weft: Times = { started: [], removed: [] };
  await measureBare(work, bare);
  for (let round = 0; round < ROUNDS; round += 1) {
    weft.started.push(await scale('p', IMAGE, containers));
    weft.removed.push(await timed('DELETE', '/cpool/p'));
    await measureBare(work, bare);
  }
  const ratio = (of: keyof Times) => `${(median(weft[of]) / median(bare[of])).toFixed(2)} ×`;
  print(`the first pool of ${containers} containers with busybox after a start`, inWords([first]));
  print(`conmon and runc alone, for the processes of ${containers} containers`, inWords(bare.started));
  print('the pool again, with namespaces and addresses', `${inWords(weft.started)}: ${ratio('started')}`);
  print('runc alone, to remove the processes', inWords(bare.removed));
  print('the pool deleted, with its namespaces', `${inWords(weft.removed)}: ${ratio('removed')}`);
}

const stateDirectory = join(directory, 'state');
mkdirSync(stateDirectory);
try {
  await withWeft(measure, { WEFT_STATE_DIR: stateDirectory });
} finally {
  await endProcesses(stateDirectory);
  new ControlGroup(BARE_GROUP).removeIfEmpty();
  rmSync(directory, { recursive: true, force: true });
}
