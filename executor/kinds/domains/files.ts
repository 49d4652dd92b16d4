import { access, mkdir, readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { VolumeDescription } from '../../drivers/libvirt/storage/model.ts';
import type { Storage } from '../../drivers/libvirt/storage/storage.ts';
import type { ObservedDomains } from './observed.ts';
import { consoleLog, type DomainPlaces, volumePath } from './places.ts';

/* What domains have on the host beside their definitions. */

/** The volumes with these names. */
export async function readVolumes(
  storage: Pick<Storage, 'describePool' | 'describeVolume' | 'listVolumes'>,
  places: DomainPlaces,
  names: readonly string[],
): Promise<Pick<ObservedDomains, 'pool' | 'volumes'>> {
  const { pool } = places;
  const described = await storage.describePool(pool.uuid);
  if (described?.active === true) return { pool: 'active', volumes: await readActive(storage, pool, names) };
  const left = await Promise.all(names.map((name) => exists(volumePath(places, name))));
  const files = names.filter((_name, index) => left[index]);
  return { pool: described === null ? 'absent' : 'inactive', volumes: new Map(files.map((name) => [name, null])) };
}

/** One call for each volume, or one for the pool and each of its volumes. */
const FEW = 64;

async function readActive(
  storage: Pick<Storage, 'describeVolume' | 'listVolumes'>,
  pool: DomainPlaces['pool'],
  names: readonly string[],
): Promise<ReadonlyMap<string, VolumeDescription>> {
  const wanted = new Set(names);
  const found =
    names.length <= FEW
      ? await Promise.all(names.map((name) => storage.describeVolume(pool, name)))
      : (await storage.listVolumes(pool)).filter(({ name }) => wanted.has(name));
  return new Map(found.flatMap((volume) => (volume === null ? [] : [[volume.name, volume]])));
}

/** Those of the domains that have a log of their serial port, rotated or not. */
export async function readConsoles(places: DomainPlaces, ids: readonly string[]): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set();
  const names = await listDirectory(places.consoles);
  return new Set(ids.filter((id) => names.some((name) => isLogOf(places, id, name))));
}

export async function deleteConsole(places: DomainPlaces, id: string): Promise<void> {
  for (const name of await listDirectory(places.consoles)) {
    if (isLogOf(places, id, name)) await rm(join(places.consoles, name), { force: true });
  }
}

/** libvirt opens the files of serial ports, and makes no directories. */
export async function makeConsoles({ consoles }: DomainPlaces): Promise<void> {
  await mkdir(consoles, { recursive: true, mode: 0o700 });
}

/** An id is as long as any other: no domain's is the beginning of another's. */
function isLogOf(places: DomainPlaces, id: string, name: string): boolean {
  const log = basename(consoleLog(places, id));
  return name === log || name.startsWith(`${log}.`);
}

async function listDirectory(path: string): Promise<string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    if (Reflect.get(Object(error), 'code') === 'ENOENT') return [];
    throw error;
  }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
