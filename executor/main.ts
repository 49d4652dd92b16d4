import { v7, validate } from 'uuid';
import packageJson from '../package.json' with { type: 'json' };
import type { Configuration } from '../schema/process/configuration.ts';
import { type ProcessContext, type Running, startProcess } from '../schema/process/process.ts';
import { databaseStore } from '../schema/store/database-store.ts';
import { capabilities, findTechnologies } from './host/capabilities.ts';
import { openCgroups } from './host/cgroup.ts';
import { ExecutorStateFile } from './host/executor-state.ts';
import { bootId, machineId } from './host/identity.ts';
import { lockHost } from './host/lock.ts';
import { readResources } from './host/resources.ts';
import { SequenceNote } from './host/sequence-note.ts';
import type { Kind, KindContext } from './kinds/kind.ts';
import { kinds, peersOf } from './kinds/registry.ts';
import { Executor } from './loop/executor.ts';
import { Heartbeat, type Host } from './loop/heartbeat.ts';
import { Lease } from './loop/lease.ts';
import { untilAvailable } from './loop/outage.ts';
import { takeOver } from './loop/take-over.ts';
import { defaultTimes, type LoopTimes } from './loop/times.ts';
import { absences, findPeers, Peers } from './peers/peers.ts';

const SECOND_MS = 1_000;
const DAY_MS = 86_400_000;

export interface ExecutorSettings {
  /** Lets the fault harness wrap the steps of a kind. */
  readonly wrap?: (kind: Kind) => Kind;
  readonly times?: Partial<LoopTimes>;
  /** False: the loop compares the whole host in this thread, with the given database. */
  readonly comparer?: boolean;
}

export interface RunningExecutor extends Running {
  /** Stops like a killed process, except for resources that the kernel would free. For tests. */
  abandon(): Promise<void>;
}

/** Starts the executor of this host: locks the host, registers, and works until it is closed. */
export async function startExecutor(
  { configuration, database, log, stop, ready }: ProcessContext,
  { wrap = (each) => each, times: changed = {}, comparer = true }: ExecutorSettings = {},
): Promise<RunningExecutor> {
  await ready;
  const times: LoopTimes = { ...defaultTimes, ...timesOf(configuration), ...changed };
  const finding = findTechnologies();
  const foundPeers = await findPeers(peersOf(kinds), configuration);
  for (const absence of absences(foundPeers)) log.warn(absence);
  const store = databaseStore(database);
  const databaseId = await untilAvailable(() => store.identify(), log, times);
  const opened = new AsyncDisposableStack();
  try {
    const { stateDirectory, hypervisor: name } = configuration;
    opened.adopt(await lockHost({ stateDirectory, database: databaseId }), (lock) => lock.release());
    const lease = new Lease(times.lease);
    const peerOptions = { configuration, databaseId, log, expires: lease.expires };
    const peers = opened.adopt(await Peers.open(foundPeers, peerOptions), (each) => each.close());
    const stateFile = new ExecutorStateFile({ stateDirectory, database: databaseId, hypervisor: name });
    let installed = await finding;
    const cgroupLimits = openCgroups();
    const host: Host = {
      resources: () => readResources(stateDirectory, cgroupLimits),
      capabilities: () => capabilities(peers.capabilities(), installed),
      refresh: async () => {
        installed = await findTechnologies();
        await peers.refresh();
      },
    };
    const machine = {
      machineId: machineId(),
      bootId: bootId(),
      capabilities: host.capabilities(),
      version: packageJson.version,
      resources: await host.resources(),
    };
    const id = validate(name) ? name.toLowerCase() : v7();
    const start = { store, name, id, machine, ...stateFile.read(), heartbeatMs: times.heartbeat, log };
    const registration = await untilAvailable(() => takeOver(start), log, times);
    stateFile.write(registration);
    const session = store.open(registration);
    const { databaseUrl: url, databaseAuthToken: authToken } = configuration;
    const address = comparer ? { url, authToken } : null;
    const context: KindContext = {
      ...{ registration, configuration, log, address, record: session.note },
      statisticsMs: times.statistics,
      peer: (definition) => peers.of(definition),
      recordAtStart: (note, data) => untilAvailable(() => session.note(note, data), log, times),
    };
    const working = await openKinds(peers, context, opened);
    const executor = new Executor({
      ...{ session, lease, log, times },
      kinds: working.map(wrap),
      heartbeat: new Heartbeat({ machine, host }),
      onFatal: stop,
    });
    const lastSequence = () => executor.lastSequence;
    const noting = { file: stateFile, registration, lastSequence, intervalMs: times.heartbeat, log };
    const note = opened.adopt(new SequenceNote(noting), (each) => each.stop());
    await executor.start().catch(async (error: unknown) => {
      await executor.close();
      throw error;
    });
    log.info(`the executor of ${registration.name} is running, epoch ${registration.epoch}`);
    return {
      async close() {
        await executor.close();
        note.finish();
        await opened.disposeAsync();
      },
      async abandon() {
        executor.abandon();
        await opened.disposeAsync();
      },
    };
  } catch (error) {
    await opened.disposeAsync();
    throw error;
  }
}

/** All kinds whose peer is available on this host. */
async function openKinds(peers: Peers, context: KindContext, opened: AsyncDisposableStack): Promise<Kind[]> {
  const working: Kind[] = [];
  for (const { peer, open } of kinds) {
    const standsOn = peers.of(peer);
    if (standsOn === undefined) continue;
    const own = opened.adopt(await open(standsOn, context), (each) => each.close?.() ?? Promise.resolve());
    working.push({ ...own.kind, health: () => standsOn.health() });
  }
  return working;
}

function timesOf({ scanSeconds, orphanGraceSeconds, retentionDays }: Configuration): Partial<LoopTimes> {
  return {
    scan: scanSeconds * SECOND_MS,
    grace: orphanGraceSeconds * SECOND_MS,
    retention: retentionDays * DAY_MS,
  };
}

if (import.meta.main) await startProcess(startExecutor);
