import type { LibvirtCaller } from '../connection.ts';
import type { Deadlines } from '../deadlines.ts';
import { ERROR_NUMBER, hasNumber, LibvirtError, refusal } from '../errors.ts';
import { type NonnullStoragePool, procedures } from '../protocol/remote.ts';
import { poolOf, type Reference } from '../reference.ts';
import type { DirectoryPool, PoolDescription } from './model.ts';
import { poolXml, readPool } from './xml.ts';

/** VIR_STORAGE_XML_INACTIVE is 1: the figures are only in that of an active one. */
const XML_CURRENT = 0;

/** Null: there is no such pool. */
export async function describePool(
  caller: LibvirtCaller,
  uuid: string,
  deadlineMs: number,
): Promise<PoolDescription | null> {
  try {
    const { pool } = await caller.call(procedures.storagePoolLookupByUuid, { uuid }, deadlineMs);
    const [{ xml }, { active }, { autostart }] = await Promise.all([
      caller.call(procedures.storagePoolGetXmlDesc, { pool, flags: XML_CURRENT }, deadlineMs),
      caller.call(procedures.storagePoolIsActive, { pool }, deadlineMs),
      caller.call(procedures.storagePoolGetAutostart, { pool }, deadlineMs),
    ]);
    return { ...pool, ...readPool(xml), active: active === 1, autostart: autostart === 1 };
  } catch (error) {
    if (hasNumber(error, ERROR_NUMBER.noStoragePool)) return null;
    throw error;
  }
}

/** See `Storage.ensurePool`. */
export async function ensurePool(
  caller: LibvirtCaller,
  wanted: DirectoryPool,
  { readMs, changeMs }: Deadlines,
): Promise<void> {
  const found = await describePool(caller, wanted.uuid, readMs);
  if (found === null) await definePool(caller, wanted, { readMs, changeMs });
  else refuseForeign(found, wanted);
  const pool = poolOf(wanted);
  if (found?.autostart === true) {
    await caller.call(procedures.storagePoolSetAutostart, { pool, autostart: 0 }, changeMs);
  }
  if (found?.active === true) return;
  await unlessActive(caller, pool, readMs, async () => {
    await caller.call(procedures.storagePoolBuild, { pool, flags: 0 }, changeMs);
    await caller.call(procedures.storagePoolCreate, { pool, flags: 0 }, changeMs);
  });
}

/** See `Storage.refresh`. */
export async function refreshPool(
  caller: LibvirtCaller,
  pool: Reference,
  { readMs, changeMs }: Deadlines,
): Promise<void> {
  await orBusy(caller, pool, ERROR_NUMBER.internalError, readMs, () =>
    caller.call(procedures.storagePoolRefresh, { pool: poolOf(pool), flags: 0 }, changeMs),
  );
}

/**
 * A pool in which a volume is being made refuses what concerns all its volumes, and such a volume what concerns it, with
 * numbers that stand for other failures, too: then the pool is not active, or will not be any more.
 */
export async function orBusy(
  caller: LibvirtCaller,
  pool: Reference,
  number: number,
  deadlineMs: number,
  call: () => Promise<unknown>,
): Promise<void> {
  try {
    await call();
  } catch (error) {
    if (!hasNumber(error, number) || !(await isActive(caller, poolOf(pool), deadlineMs))) throw error;
    throw new LibvirtError({ ...error.toFields(), code: 'busy' });
  }
}

/** See `Storage.removePool`. */
export async function removePool(
  caller: LibvirtCaller,
  reference: Reference,
  { readMs, changeMs }: Deadlines,
): Promise<void> {
  const pool = poolOf(reference);
  try {
    if (await isActive(caller, pool, readMs)) {
      await orBusy(caller, reference, ERROR_NUMBER.internalError, readMs, () =>
        caller.call(procedures.storagePoolDestroy, { pool }, changeMs),
      );
    }
    await caller.call(procedures.storagePoolUndefine, { pool }, changeMs);
  } catch (error) {
    if (!hasNumber(error, ERROR_NUMBER.noStoragePool)) throw error;
  }
}

/** libvirt has one number for a name or a directory that belongs to another pool, and for other failures. */
async function definePool(caller: LibvirtCaller, wanted: DirectoryPool, deadlines: Deadlines): Promise<void> {
  try {
    await caller.call(procedures.storagePoolDefineXml, { xml: poolXml(wanted), flags: 0 }, deadlines.changeMs);
  } catch (error) {
    if (hasNumber(error, ERROR_NUMBER.operationFailed) && (await isTaken(caller, wanted, deadlines.readMs))) {
      throw new LibvirtError({ ...error.toFields(), code: 'exists' });
    }
    throw error;
  }
}

async function isTaken(caller: LibvirtCaller, wanted: DirectoryPool, deadlineMs: number): Promise<boolean> {
  const values = { needResults: 1, flags: 0 };
  const { pools } = await caller.call(procedures.connectListAllStoragePools, values, deadlineMs);
  const described = await Promise.all(pools.map(({ uuid }) => describePool(caller, uuid, deadlineMs)));
  return described.some((pool) => pool?.name === wanted.name || pool?.directory === wanted.directory);
}

function refuseForeign(found: PoolDescription, { uuid, name, directory }: DirectoryPool): void {
  if (found.type === 'dir' && found.directory === directory && found.name === name) return;
  const words = `${found.name} (${found.type}) at ${found.directory}, not ${name} (dir) at ${directory}`;
  throw refusal('foreign', 'ensure storage pool', `the pool ${uuid} is ${words}`);
}

/** Succeeds, too, if somebody else has started it meanwhile. */
async function unlessActive(
  caller: LibvirtCaller,
  pool: NonnullStoragePool,
  deadlineMs: number,
  start: () => Promise<void>,
): Promise<void> {
  try {
    await start();
  } catch (error) {
    if (!hasNumber(error, ERROR_NUMBER.operationInvalid) || !(await isActive(caller, pool, deadlineMs))) throw error;
  }
}

async function isActive(caller: LibvirtCaller, pool: NonnullStoragePool, deadlineMs: number): Promise<boolean> {
  return (await caller.call(procedures.storagePoolIsActive, { pool }, deadlineMs)).active === 1;
}
