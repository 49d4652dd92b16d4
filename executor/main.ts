import { v7, validate } from 'uuid';
import packageJson from '../package.json' with { type: 'json' };
import { statement } from '../schema/database/database.ts';
import { type ProcessContext, type Running, startProcess } from '../schema/process/process.ts';
import { canUseNetns, type NetnsDriver, openNetnsDriver } from './drivers/netns/driver.ts';
import { capabilities } from './host/capabilities.ts';
import { bootId, machineId } from './host/identity.ts';
import { lockHost } from './host/lock.ts';
import { type Kind, kind } from './kinds.ts';
import type { ConvergeHooks } from './loop/converge.ts';
import { Executor } from './loop/executor.ts';
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
];

/** Starts the executor of this host: takes the host's lock, registers, scans, and works until it is closed. */
export async function startExecutor(
  { configuration, database, log, stop }: ProcessContext,
  fault: ConvergeHooks['fault'] = () => undefined,
): Promise<Running> {
  const netns = await canUseNetns();
  if (!netns.available) log.warn(`no container networks on this host: ${netns.reason}`);
  const [rows] = await database.read([statement<{ id: string }>('SELECT id FROM database')]);
  const lock = await lockHost(rows[0]?.id ?? '');
  let driver: NetnsDriver | undefined;
  try {
    driver = netns.available ? await openNetnsDriver() : undefined;
    const name = configuration.hypervisor;
    const registration = await register(database, name, validate(name) ? name.toLowerCase() : v7(), {
      machineId: machineId(),
      bootId: bootId(),
      capabilities: capabilities({ netns }),
      version: packageJson.version,
    });
    const kinds: Kind[] = driver ? [networkKind(driver, { database, registration })] : [];
    let closing = false;
    void driver?.ended.then(() => {
      if (!closing) stop(new Error('the netns driver ended by itself; the log says why'));
    });
    const executor = new Executor({ database, registration, kinds, log, lost: stop, fault });
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
