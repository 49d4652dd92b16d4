import { v7, validate } from 'uuid';
import packageJson from '../package.json' with { type: 'json' };
import { statement } from '../schema/database/database.ts';
import { type ProcessContext, type Running, startProcess } from '../schema/process/process.ts';
import { canUseNetns } from './drivers/netns/driver.ts';
import { capabilities, type Drivers, findTechnologies } from './host/capabilities.ts';
import { bootId, machineId } from './host/identity.ts';
import { lockHost } from './host/lock.ts';
import { readResources } from './host/resources.ts';
import { SeenNote } from './host/seen.ts';
import type { Kind } from './kinds.ts';
import { Executor } from './loop/executor.ts';
import { Heartbeat, type Host } from './loop/heartbeat.ts';
import { Lease } from './loop/lease.ts';
import { register } from './loop/registration.ts';
import { type NetworkHost, openNetworkHost } from './network.ts';
import { openSppDoor, openSppHost, type SppHost } from './spp.ts';

const SECOND_MS = 1_000;
const DAY_MS = 86_400_000;

/**
 * Starts the executor of this host: takes the host's lock, registers, scans, and works until it is closed. `wrap` is
 * where the fault harness comes between the loop and a kind's steps.
 */
export async function startExecutor(
  { configuration, database, log, stop, ready }: ProcessContext,
  wrap: (kind: Kind) => Kind = (each) => each,
): Promise<Running> {
  await ready;
  const finding = findTechnologies();
  const netns = await canUseNetns();
  if (!netns.available) log.warn(`no container networks on this host: ${netns.reason}`);
  const [rows] = await database.read([statement<{ id: string }>('SELECT id FROM database')]);
  const databaseId = rows[0]?.id ?? '';
  const lock = await lockHost(databaseId);
  let network: NetworkHost | undefined;
  let spp: SppHost | undefined;
  const door = await openSppDoor(configuration, log);
  if ('reason' in door) log.warn(`no Soft Patch Panel on this host: ${door.reason}`);
  const close = async () => {
    await network?.close();
    await (spp ?? ('driver' in door ? door.driver : undefined))?.close();
    lock.release();
  };
  try {
    const name = configuration.hypervisor;
    const note = new SeenNote(configuration.stateDirectory, databaseId, name);
    const drivers: Drivers = {
      netns,
      spp: 'reason' in door ? { available: false, reason: door.reason } : { available: true },
    };
    const host: Host = {
      resources: () => readResources(configuration.stateDirectory),
      capabilities: async () => capabilities(drivers, await findTechnologies()),
    };
    const machine = {
      machineId: machineId(),
      bootId: bootId(),
      capabilities: capabilities(drivers, await finding),
      version: packageJson.version,
      resources: await host.resources(),
    };
    const registration = await register(
      database,
      name,
      validate(name) ? name.toLowerCase() : v7(),
      machine,
      note.read(),
    );
    note.write(registration);
    const lease = new Lease(database, registration);
    network = netns.available ? await openNetworkHost({ database, registration, lease, lost: stop }) : undefined;
    spp =
      'reason' in door
        ? undefined
        : await openSppHost(door, { database, registration, log, replay: configuration.sppReplay });
    const kinds = [...(network?.kinds ?? []), ...(spp ? [spp.kind] : [])].map(wrap);
    const executor = new Executor({
      database,
      registration,
      lease,
      heartbeat: new Heartbeat({ database, registration, machine, host }),
      kinds,
      log,
      lost: stop,
      scanMs: configuration.scanSeconds * SECOND_MS,
      graceMs: configuration.orphanGraceSeconds * SECOND_MS,
      retentionMs: configuration.retentionDays * DAY_MS,
    });
    await executor.start();
    log.info(`the executor of ${registration.name} works, epoch ${registration.epoch}`);
    return {
      async close() {
        await executor.close();
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

if (import.meta.main) await startProcess(startExecutor);
