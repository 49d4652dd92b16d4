import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { LibvirtCaller } from '../connection.ts';
import type { Deadlines } from '../deadlines.ts';
import { refusal } from '../errors.ts';
import type { Reference } from '../reference.ts';
import { createFromXml, deleteVolume } from './change.ts';
import type { VolumeDescription } from './model.ts';
import { describeVolume } from './read.ts';
import { rawXml } from './xml.ts';

const ACTION = 'write storage volume';

/**
 * See `Storage.writeVolume`. libvirt makes the file, so that it knows the volume without a refresh; its contents are
 * written here: libvirtd is on this machine, and an upload by its protocol would be a stream of messages beside the calls,
 * for some kilobytes.
 */
export async function writeVolume(
  caller: LibvirtCaller,
  pool: Reference,
  name: string,
  contents: Uint8Array,
  deadlines: Deadlines,
): Promise<VolumeDescription> {
  await createFromXml(caller, pool, name, rawXml(name, contents.length), deadlines);
  try {
    const made = await described(caller, pool, name, deadlines.readMs);
    await writeFile(made.path, contents);
    return await described(caller, pool, name, deadlines.readMs);
  } catch (error) {
    // The first error is the one that counts.
    await deleteVolume(caller, pool, name, deadlines).catch(() => undefined);
    throw error;
  }
}

async function described(
  caller: LibvirtCaller,
  pool: Reference,
  name: string,
  deadlineMs: number,
): Promise<VolumeDescription> {
  const found = await describeVolume(caller, pool, name, deadlineMs);
  if (found === null) throw refusal('missing', ACTION, `${name} was removed while it was written`);
  return found;
}

/** On return the contents are on the disk. */
async function writeFile(path: string, contents: Uint8Array): Promise<void> {
  try {
    await using file = await open(path, constants.O_WRONLY | constants.O_NOFOLLOW);
    await file.writeFile(contents);
    await file.sync();
  } catch (error) {
    throw refusal('refused', ACTION, error instanceof Error ? error.message : String(error));
  }
}
