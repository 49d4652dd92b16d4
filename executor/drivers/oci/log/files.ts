import { type FileHandle, open, stat } from 'node:fs/promises';
import { join } from 'node:path';

export const CURRENT = 'current';
export const PREVIOUS = 'previous';

export interface LogFile {
  readonly handle: FileHandle;
  readonly identity: string;
}

/** Length of the time of conmon's records: the first one of a file names it, for inode numbers are used again. */
const TIME_BYTES = 35;

/** The files of a log that have a record, oldest first; the caller closes them. */
export async function openLog(directory: string): Promise<readonly LogFile[]> {
  for (;;) {
    // The newer one first: after a rotation in between it is both, and no file between them is missed.
    const current = await openFile(join(directory, CURRENT));
    const previous = await openFile(join(directory, PREVIOUS));
    const files = [previous, current].filter((file) => file !== null);
    if (previous !== null && previous.identity === current?.identity) {
      await current.handle.close();
      return [previous];
    }
    const inode = current === null ? null : (await current.handle.stat()).ino;
    const now = await stat(join(directory, CURRENT)).catch(() => null);
    if (inode === null || now === null || now.ino === inode) return files;
    for (const { handle } of files) await handle.close();
  }
}

async function openFile(path: string): Promise<LogFile | null> {
  const handle = await open(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (handle === null) return null;
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(TIME_BYTES), 0, TIME_BYTES, 0);
  const { ino } = await handle.stat();
  if (bytesRead === TIME_BYTES) return { handle, identity: `${ino} ${buffer.toString('latin1')}` };
  await handle.close();
  return null;
}
