import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { complaintError } from './complaints.ts';
import { readImage } from './image.ts';
import { checkLayers } from './layers.ts';
import { HOST_ARCHITECTURE } from './manifests.ts';
import type { Origin } from './origin.ts';
import type { Programs } from './programs.ts';
import type { Limits, Log, Timings } from './settings.ts';
import type { Work } from './skopeo.ts';
import { removeDevices, unpackLayout } from './unpack.ts';

export interface BuildOptions {
  readonly programs: Programs;
  readonly limits: Limits;
  readonly timings: Timings;
  readonly log: Log;
}

/** Copies an image into the work's directory and unpacks it there. Returns the directory of the complete content. */
export async function buildContent(origin: Origin, options: BuildOptions, work: Work): Promise<string> {
  const { programs, limits, timings, log } = options;
  const content = join(work.directory, 'content');
  await mkdir(content);
  await origin.copy('content/layout');
  const image = await readImage(join(content, 'layout'), origin, work.action);
  if (image.architecture !== '' && image.architecture !== HOST_ARCHITECTURE) {
    // An emulator may be registered with the kernel.
    log('warn', 'an image is for another architecture', { action: work.action, architecture: image.architecture });
  }
  await checkLayers(join(content, 'layout'), image, limits, work);
  await unpackLayout(programs, 'content/layout', 'content/root', timings.unpack, work);
  const devices = await removeDevices(join(content, 'root'));
  if (devices > 0) log('info', 'device nodes of an image were left out', { action: work.action, count: devices });
  await writeFile(join(content, 'image.json'), JSON.stringify(image));
  await writeThrough(programs, timings.unpack, work);
  return content;
}

/** A rename may reach the disk before what it moves: sync(1) waits for the whole file system, with one call. */
async function writeThrough(programs: Programs, deadlineMs: number, work: Work): Promise<void> {
  const ended = await programs.run({ program: 'sync', args: ['--file-system', '.'], deadlineMs, ...work });
  if (ended.code !== 0) throw complaintError(work.action, 'sync', ended.complaint);
}
