import { readFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';

/**
 * Whether a root is part of a mount that this process sees, such as the lower directory of a container's overlay
 * (proc_pid_mountinfo(5)). Its last two parts identify it: the first of them is a digest, and neither is ever escaped.
 */
export async function isMounted(root: string): Promise<boolean> {
  const mounts = await readFile('/proc/self/mountinfo', 'utf8');
  return mounts.includes(`/${basename(dirname(root))}/${basename(root)}`);
}
