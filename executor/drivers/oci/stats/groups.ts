import { join } from 'node:path';

/** A mounted hierarchy of control groups. */
export interface Hierarchy {
  /** Its controllers; null: version 2, which has all that no other one has. */
  readonly controllers: readonly string[] | null;
  /** The group that is mounted, as `/proc/PID/cgroup` names it. */
  readonly root: string;
  readonly directory: string;
}

/** A directory, and by which version its files are named. */
export interface Group {
  readonly version: 1 | 2;
  readonly directory: string;
}

/** Reads `/proc/self/mountinfo` (proc_pid_mountinfo(5)). */
export function hierarchiesOf(mountinfo: string): readonly Hierarchy[] {
  return mountinfo.split('\n').flatMap((line): readonly Hierarchy[] => {
    const [before = '', after = ''] = line.split(' - ');
    const [, , , root = '', directory = ''] = before.split(' ');
    const [type, , options = ''] = after.split(' ');
    if (type === 'cgroup2') return [{ controllers: null, root, directory }];
    return type === 'cgroup' ? [{ controllers: options.split(','), root, directory }] : [];
  });
}

/** The group of a controller by a process' `/proc/PID/cgroup` (cgroups(7)); null if it has none. */
export function groupOf(hierarchies: readonly Hierarchy[], memberships: string, controller: string): Group | null {
  const legacy = hierarchies.find(({ controllers }) => controllers?.includes(controller));
  const hierarchy = legacy ?? hierarchies.find(({ controllers }) => controllers === null);
  const path = memberships.split('\n').flatMap((line) => {
    const [, names = '', ...rest] = line.split(':');
    const isMeant = legacy === undefined ? names === '' : names.split(',').includes(controller);
    return isMeant && rest.length > 0 ? [rest.join(':')] : [];
  })[0];
  if (hierarchy === undefined || path === undefined) return null;
  const { root, directory } = hierarchy;
  const below = root !== '/' && `${path}/`.startsWith(`${root}/`) ? path.slice(root.length) : path;
  return { version: legacy === undefined ? 2 : 1, directory: join(directory, below) };
}
