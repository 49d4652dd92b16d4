import type { LibvirtCaller } from '../connection.ts';
import type { Deadlines } from '../deadlines.ts';
import { ERROR_NUMBER, hasNumber, LibvirtError, refusal } from '../errors.ts';
import { type NonnullStorageVol, procedures } from '../protocol/remote.ts';
import { poolOf, type Reference } from '../reference.ts';
import type { OverlayModel, VolumeDescription, VolumeModel } from './model.ts';
import { orBusy } from './pools.ts';
import { describeVolume, findVolume } from './read.ts';
import { imageXml } from './xml.ts';

/** See `Storage.createVolume`. */
export async function createVolume(
  caller: LibvirtCaller,
  pool: Reference,
  model: OverlayModel,
  deadlines: Deadlines,
): Promise<VolumeDescription> {
  const backing = model.backing === undefined ? null : await demand(caller, pool, model.backing, deadlines.readMs);
  if (backing !== null) refuseSmaller(model, backing);
  await createFromXml(caller, pool, model.name, imageXml(model, backing), deadlines);
  return demand(caller, pool, model.name, deadlines.readMs);
}

/** See `Storage.cloneVolume`. */
export async function cloneVolume(
  caller: LibvirtCaller,
  pool: Reference,
  model: VolumeModel,
  source: string,
  deadlines: Deadlines,
): Promise<VolumeDescription> {
  refuseSmaller(model, await demand(caller, pool, source, deadlines.readMs));
  const clonevol = await demandOnWire(caller, pool, source, deadlines.readMs);
  const values = { pool: poolOf(pool), xml: imageXml(model), clonevol, flags: 0 };
  await made(caller, pool, model.name, deadlines, () =>
    orBusy(caller, pool, ERROR_NUMBER.operationInvalid, deadlines.readMs, () =>
      caller.call(procedures.storageVolCreateXmlFrom, values, deadlines.changeMs),
    ),
  );
  return enlarged(caller, pool, model, deadlines);
}

/** A copy is as large as what was copied, whatever its XML says. */
async function enlarged(
  caller: LibvirtCaller,
  pool: Reference,
  { name, capacityBytes }: VolumeModel,
  deadlines: Deadlines,
): Promise<VolumeDescription> {
  try {
    const copy = await demand(caller, pool, name, deadlines.readMs);
    if (copy.capacityBytes >= capacityBytes) return copy;
    await resizeVolume(caller, pool, name, capacityBytes, deadlines);
    return await demand(caller, pool, name, deadlines.readMs);
  } catch (error) {
    // The first error is the one that counts.
    await deleteVolume(caller, pool, name, deadlines).catch(() => undefined);
    throw error;
  }
}

/** See `Storage.resizeVolume`. */
export async function resizeVolume(
  caller: LibvirtCaller,
  pool: Reference,
  name: string,
  capacityBytes: number,
  { readMs, changeMs }: Deadlines,
): Promise<void> {
  const vol = await demandOnWire(caller, pool, name, readMs);
  const values = { vol, capacity: BigInt(capacityBytes), flags: 0 };
  await orBusy(caller, pool, ERROR_NUMBER.operationInvalid, readMs, () =>
    caller.call(procedures.storageVolResize, values, changeMs),
  );
}

/** See `Storage.deleteVolume`. */
export async function deleteVolume(
  caller: LibvirtCaller,
  pool: Reference,
  name: string,
  { readMs, changeMs }: Deadlines,
): Promise<void> {
  const vol = await findVolume(caller, pool, name, readMs);
  if (vol === null) return;
  try {
    await orBusy(caller, pool, ERROR_NUMBER.operationInvalid, readMs, () =>
      caller.call(procedures.storageVolDelete, { vol, flags: 0 }, changeMs),
    );
  } catch (error) {
    if (!hasNumber(error, ERROR_NUMBER.noStorageVolume)) throw error;
  }
}

/** @throws LibvirtError as `made` */
export async function createFromXml(
  caller: LibvirtCaller,
  pool: Reference,
  name: string,
  xml: string,
  deadlines: Deadlines,
): Promise<void> {
  const values = { pool: poolOf(pool), xml, flags: 0 };
  await made(caller, pool, name, deadlines, () =>
    caller.call(procedures.storageVolCreateXml, values, deadlines.changeMs),
  );
}

/**
 * libvirt knows a volume whose file was removed until the pool is refreshed: such a one is forgotten first. For a name
 * that is taken it has several numbers, which stand for other failures, too.
 *
 * @throws LibvirtError `exists`, `busy`, and whatever libvirt says
 */
async function made(
  caller: LibvirtCaller,
  pool: Reference,
  name: string,
  deadlines: Deadlines,
  make: () => Promise<unknown>,
): Promise<void> {
  const known = await findVolume(caller, pool, name, deadlines.readMs);
  if (known !== null) {
    if ((await describeVolume(caller, pool, name, deadlines.readMs)) !== null) {
      throw refusal('exists', 'create storage volume', `the pool ${pool.name} has a volume ${name} already`);
    }
    await deleteVolume(caller, pool, name, deadlines);
  }
  try {
    await make();
  } catch (error) {
    if (!(error instanceof LibvirtError) || error.number === null) throw error;
    if ((await findVolume(caller, pool, name, deadlines.readMs)) === null) throw error;
    throw new LibvirtError({ ...error.toFields(), code: 'exists' });
  }
}

function refuseSmaller({ name, capacityBytes }: VolumeModel, source: VolumeDescription): void {
  if (capacityBytes >= source.capacityBytes) return;
  const words = `${name} is to have ${capacityBytes} bytes, and ${source.name} has ${source.capacityBytes}`;
  throw refusal('invalid', 'create storage volume', `what it is made from is larger: ${words}`);
}

async function demand(
  caller: LibvirtCaller,
  pool: Reference,
  name: string,
  deadlineMs: number,
): Promise<VolumeDescription> {
  return (await describeVolume(caller, pool, name, deadlineMs)) ?? missing(pool, name);
}

async function demandOnWire(
  caller: LibvirtCaller,
  pool: Reference,
  name: string,
  deadlineMs: number,
): Promise<NonnullStorageVol> {
  return (await findVolume(caller, pool, name, deadlineMs)) ?? missing(pool, name);
}

function missing(pool: Reference, name: string): never {
  throw refusal('missing', 'find storage volume', `the pool ${pool.name} has no volume ${name}`);
}
