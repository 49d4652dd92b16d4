import type { DriverHealth } from '../../reopening.ts';
import type { LibvirtCaller } from '../connection.ts';
import type { Deadlines } from '../deadlines.ts';
import type { Reference } from '../reference.ts';
import { LibvirtSession } from '../session.ts';
import { completed, type LibvirtSettings } from '../settings.ts';
import { cloneVolume, createVolume, deleteVolume, resizeVolume } from './change.ts';
import { writeVolume } from './contents.ts';
import type { DirectoryPool, OverlayModel, PoolDescription, VolumeDescription, VolumeModel } from './model.ts';
import { describePool, ensurePool, refreshPool, removePool } from './pools.ts';
import { describeVolume, listVolumes } from './read.ts';

/**
 * Storage pools and their volumes. Methods are rejected with a LibvirtError: `missing` if there is no such pool or volume,
 * `state` if the pool is not active, `busy` if the volume is being made or copied, `timeout` or `away` if it is unknown
 * whether it was done: libvirtd goes on with it then. A file that came into the directory of a pool by itself is no volume before the pool is refreshed.
 */
export interface Storage {
  /** Null: there is no such pool. */
  describePool(uuid: string): Promise<PoolDescription | null>;
  /**
   * Sees to it that the pool is defined and active, its directory is there (mode 0711), and libvirtd does not start it by
   * itself.
   *
   * @throws LibvirtError `foreign`: the pool with this UUID has another name, type or directory; `exists`: the name or the
   *   directory belongs to another pool
   */
  ensurePool(pool: DirectoryPool): Promise<void>;
  /**
   * Finds the volumes of a pool, and the figures of its file system, anew.
   *
   * @throws LibvirtError `busy`: a volume of it is being made; if the directory cannot be read, the pool is inactive then
   */
  refresh(pool: Reference): Promise<void>;
  /** Stops it and removes its definition; succeeds if there is none. Its files stay. @throws LibvirtError `busy` */
  removePool(pool: Reference): Promise<void>;
  /** One whose file was removed is left out. */
  listVolumes(pool: Reference): Promise<VolumeDescription[]>;
  /** Null: there is no such volume in the pool, or its file was removed. */
  describeVolume(pool: Reference, name: string): Promise<VolumeDescription | null>;
  /**
   * Makes an empty image, or one over another volume. When it fails nothing is left of it.
   *
   * @throws LibvirtError `exists`; `busy`: it is being made; `invalid`: a name with a slash, or an image that is smaller than what is below it;
   *   `refused`: among others, a file system without space
   */
  createVolume(pool: Reference, volume: OverlayModel): Promise<VolumeDescription>;
  /**
   * Copies a volume of the pool into a new image, as large as the model says. If libvirtd is killed meanwhile, what was
   * copied by then stays under the new name, and cannot be told from a whole one.
   *
   * @throws LibvirtError as `createVolume`
   */
  cloneVolume(pool: Reference, volume: VolumeModel, source: string): Promise<VolumeDescription>;
  /**
   * Makes a raw volume with these contents, of some kilobytes or megabytes; when it fails nothing is left of it. If this
   * process is killed meanwhile, its contents are zeros, or a part of them.
   *
   * @throws LibvirtError `exists`; `refused` with the words of the file system
   */
  writeVolume(pool: Reference, name: string, contents: Uint8Array): Promise<VolumeDescription>;
  /** Enlarges it. @throws LibvirtError `invalid`: it is larger already */
  resizeVolume(pool: Reference, name: string, capacityBytes: number): Promise<void>;
  /** Removes it and its file; succeeds if there is none in the pool. Whether a guest uses it is not looked at. */
  deleteVolume(pool: Reference, name: string): Promise<void>;
  health(): DriverHealth;
  /** Ends the connection; calls without an answer are rejected as `away`. */
  close(): Promise<void>;
}

/** A copy of an image may take minutes, and what reads waits for what writes the same file system. */
const STORAGE_DEADLINES: Deadlines = { readMs: 60_000, changeMs: 600_000 };

/**
 * Opens a connection of its own, so that calls that take minutes hold up no others; if libvirtd is away, `health` tells
 * so, and the connection is made when it is there.
 */
export async function openStorage(settings: LibvirtSettings = {}): Promise<Storage> {
  const { session, deadlines } = completed(settings, STORAGE_DEADLINES);
  const caller = await LibvirtSession.open(session);
  return {
    ...storageOf(caller, deadlines),
    health: () => caller.health(),
    close: () => caller.close(),
  };
}

function storageOf(caller: LibvirtCaller, deadlines: Deadlines): Omit<Storage, 'health' | 'close'> {
  return {
    describePool: (uuid) => describePool(caller, uuid, deadlines.readMs),
    ensurePool: (pool) => ensurePool(caller, pool, deadlines),
    refresh: (pool) => refreshPool(caller, pool, deadlines),
    removePool: (pool) => removePool(caller, pool, deadlines),
    listVolumes: (pool) => listVolumes(caller, pool, deadlines.readMs),
    describeVolume: (pool, name) => describeVolume(caller, pool, name, deadlines.readMs),
    createVolume: (pool, volume) => createVolume(caller, pool, volume, deadlines),
    cloneVolume: (pool, volume, source) => cloneVolume(caller, pool, volume, source, deadlines),
    writeVolume: (pool, name, contents) => writeVolume(caller, pool, name, contents, deadlines),
    resizeVolume: (pool, name, capacityBytes) => resizeVolume(caller, pool, name, capacityBytes, deadlines),
    deleteVolume: (pool, name) => deleteVolume(caller, pool, name, deadlines),
  };
}
