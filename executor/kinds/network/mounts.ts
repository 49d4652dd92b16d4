import { realpath } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import { Problem } from '../../../schema/problem.ts';
import type { Mount } from '../../../schema/resources/network/process.ts';

export interface BindMount {
  readonly source: string;
  readonly destination: string;
  readonly readonly: boolean;
}

/**
 * What a container mounts of its host. A source is below one of the roots, also where it is a symbolic link. Throws a
 * {@link Problem} that names the source.
 */
export async function bindMounts(mounts: readonly Mount[], roots: readonly string[]): Promise<BindMount[]> {
  const allowed = await Promise.all(roots.map((root) => realpath(root).catch(() => resolve(root))));
  return Promise.all(
    mounts.map(async ({ source, target, readonly }) => {
      const path = await realpath(source).catch(() => null);
      if (path === null) throw new Problem('impossible', `The mount ${source} does not exist on this host`);
      if (!allowed.some((root) => path === root || path.startsWith(root.endsWith(sep) ? root : root + sep))) {
        const where = path === resolve(source) ? '' : `leads to ${path}, which `;
        throw new Problem(
          'impossible',
          `The mount ${source} ${where}is below none of the mount_roots of this hypervisor`,
          {
            hint: 'mount_roots in the config of the hypervisor names the directories that may be mounted, separated by colons',
          },
        );
      }
      return { source: path, destination: target, readonly };
    }),
  );
}
