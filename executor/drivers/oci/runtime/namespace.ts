import { fstatSync, statSync } from 'node:fs';

/** A file of a network namespace: `/run/netns/c1`. Its device and inode identify the namespace as long as it is in use. */
export interface NamespaceFile {
  readonly path: string;
  readonly device: number;
  readonly inode: number;
}

/** `descriptor`: of the file at `path`. */
export function namespaceFile(path: string, descriptor: number): NamespaceFile {
  const { dev, ino } = fstatSync(descriptor);
  return { path, device: dev, inode: ino };
}

/** Whether the path stands for the same namespace as before; not if there is none any more. */
export function isSameNamespace({ path, device, inode }: NamespaceFile): boolean {
  const now = statSync(path, { throwIfNoEntry: false });
  return now?.dev === device && now.ino === inode;
}
