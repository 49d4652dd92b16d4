import { readdir, unlink } from 'node:fs/promises';
import { complaintError } from './complaints.ts';
import type { Programs } from './programs.ts';
import { TAG, type Work } from './skopeo.ts';

/**
 * Unpacks a layout whose layers have been checked, with umoci(1), which resolves every name below the root. `layout`
 * and `root` are relative to the work's directory.
 */
export async function unpackLayout(
  programs: Programs,
  layout: string,
  root: string,
  deadlineMs: number,
  work: Work,
): Promise<void> {
  const args = ['--log=error', 'raw', 'unpack', '--image', `${layout}:${TAG}`, root];
  const ended = await programs.run({ program: 'umoci', args, deadlineMs, ...work });
  if (ended.code !== 0) throw complaintError(work.action, 'umoci', ended.complaint);
}

const SLASH = Buffer.from('/');

/**
 * Removes the device nodes of a tree, which a container gets from its runtime and never from its image; one with the
 * number 0 would hide a file of the image, too, as overlayfs' whiteout. Returns how many there were. Names may be of
 * any bytes.
 */
export async function removeDevices(root: string): Promise<number> {
  const directories: Buffer[] = [Buffer.from(root)];
  let removed = 0;
  for (let directory = directories.pop(); directory !== undefined; directory = directories.pop()) {
    for (const entry of await readdir(directory, { withFileTypes: true, encoding: 'buffer' })) {
      const path = Buffer.concat([directory, SLASH, entry.name]);
      if (entry.isDirectory()) directories.push(path);
      if (!entry.isCharacterDevice() && !entry.isBlockDevice()) continue;
      await unlink(path);
      removed += 1;
    }
  }
  return removed;
}
