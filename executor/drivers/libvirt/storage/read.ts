import type { LibvirtCaller } from '../connection.ts';
import { ERROR_NUMBER, hasNumber } from '../errors.ts';
import { type NonnullStorageVol, procedures } from '../protocol/remote.ts';
import { poolOf, type Reference } from '../reference.ts';
import type { VolumeDescription } from './model.ts';
import { readVolume } from './xml.ts';

/** One call for all, and one for each volume, which are sent without waiting for one another. */
export async function listVolumes(
  caller: LibvirtCaller,
  pool: Reference,
  deadlineMs: number,
): Promise<VolumeDescription[]> {
  const values = { pool: poolOf(pool), needResults: 1, flags: 0 };
  const { vols } = await caller.call(procedures.storagePoolListAllVolumes, values, deadlineMs);
  const described = await Promise.all(vols.map((vol) => describe(caller, vol, deadlineMs)));
  return described.filter((volume) => volume !== null);
}

/** Null: there is no such volume in the pool. */
export async function describeVolume(
  caller: LibvirtCaller,
  pool: Reference,
  name: string,
  deadlineMs: number,
): Promise<VolumeDescription | null> {
  const vol = await findVolume(caller, pool, name, deadlineMs);
  return vol === null ? null : describe(caller, vol, deadlineMs);
}

/**
 * On the wire, where a volume has the name of its pool: that of a pool with this UUID, so that one of another pool is never
 * taken for it. Null: there is no such volume in the pool, as far as libvirt knows.
 */
export async function findVolume(
  caller: LibvirtCaller,
  pool: Reference,
  name: string,
  deadlineMs: number,
): Promise<NonnullStorageVol | null> {
  return nullIfMissing(
    caller.call(procedures.storageVolLookupByName, { pool: poolOf(pool), name }, deadlineMs).then(({ vol }) => vol),
  );
}

/** Null: its file has been removed. */
async function describe(
  caller: LibvirtCaller,
  vol: NonnullStorageVol,
  deadlineMs: number,
): Promise<VolumeDescription | null> {
  const answer = await nullIfMissing(caller.call(procedures.storageVolGetXmlDesc, { vol, flags: 0 }, deadlineMs));
  return answer === null ? null : readVolume(answer.xml);
}

async function nullIfMissing<Result>(call: Promise<Result>): Promise<Result | null> {
  try {
    return await call;
  } catch (error) {
    if (hasNumber(error, ERROR_NUMBER.noStorageVolume)) return null;
    throw error;
  }
}
