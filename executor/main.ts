import { v7, validate } from 'uuid';
import packageJson from '../package.json' with { type: 'json' };
import { statement } from '../schema/database/database.ts';
import { type ProcessContext, type Running, startProcess } from '../schema/process/process.ts';
import { canUseNetns, type NetnsDriver, openNetnsDriver } from './drivers/netns/driver.ts';
import { capabilities } from './host/capabilities.ts';
import { bootId, machineId } from './host/identity.ts';
import { lockHost } from './host/lock.ts';
import { SeenNote } from './host/seen.ts';
import { type Kind, kind } from './kinds.ts';
import { Executor } from './loop/executor.ts';
import { Lease } from './loop/lease.ts';
import { type Registration, register } from './loop/registration.ts';
import { networkRecords } from './records/network.ts';
import { networkResource } from './resources/network/resource.ts';

const networkOperations = [
  'container.create',
  'container.delete',
  'container.repair',
  'cen.import',
  'cen.make',
  'cen.destroy',
  'cen.delete',
  'cen.join',
  'cen.leave',
  'cen.repair',
  'network.sweep',
];

const SECOND_MS = 1_000;
const DAY_MS = 86_400_000;

/**
 * Starts the executor of this host: takes the host's lock, registers, scans, and works until it is closed. `wrap` is
 * where the fault harness comes between the loop and a kind's steps.
 */
export async function startExecutor(
  { configuration, database, log, stop }: ProcessContext,
  wrap: (kind: Kind) => Kind = (each) => each,
): Promise<Running> {
  const netns = await canUseNetns();
  if (!netns.available) log.warn(`no container networks on this host: ${netns.reason}`);
  const [rows] = await database.read([statement<{ id: string }>('SELECT id FROM database')]);
  const databaseId = rows[0]?.id ?? '';
  const lock = await lockHost(databaseId);
  let driver: NetnsDriver | undefined;
  try {
    const name = configuration.hypervisor;
    const note = new SeenNote(configuration.stateDirectory, databaseId, name);
    const machine = {
      machineId: machineId(),
      bootId: bootId(),
      capabilities: capabilities({ netns }),
      version: packageJson.version,
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
    driver = netns.available ? await openNetnsDriver() : undefined;
    const kinds: Kind[] = driver ? [wrap(networkKind(driver, { database, registration }))] : [];
    let closing = false;
    void driver?.ended.then(() => {
      if (!closing) stop(new Error('the netns driver ended by itself; the log says why'));
    });
    const executor = new Executor({
      database,
      registration,
      lease,
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
        closing = true;
        await executor.close();
        await driver?.close();
        lock.release();
      },
    };
  } catch (error) {
    await driver?.close();
    lock.release();
    throw error;
  }
}

function networkKind(
  driver: NetnsDriver,
  { database, registration }: { database: ProcessContext['database']; registration: Registration },
): Kind {
  return kind({
    operations: new Set(networkOperations),
    records: networkRecords(database, registration.databaseId, registration.hypervisor),
    resource: networkResource(driver),
  });
}

if (import.meta.main) await startProcess(startExecutor);
