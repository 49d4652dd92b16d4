import { closeSync, constants, fstatSync, lstatSync, mkdirSync, openSync, readlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { bindMount } from './mounts.ts';

/* What could lead runc out of a container's root, or to another file of the host than was asked for. */

/** A file or directory of the host, and where it is mounted for runc. */
export interface Bind {
  /** Without symbolic links. */
  readonly source: string;
  /** Is made. */
  readonly target: string;
}

/** Something is wrong with the container, not with the host. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
}

/** Node has no name for O_PATH, which has this value on every processor. */
const O_PATH = 0o10_000_000;
/** runc makes links and devices in /dev before it enters the root, and follows a link there into the host. */
const DIRECTORIES = ['dev', 'proc', 'sys'];

/** @throws Refusal if the root of a container has something else in place of a directory that is mounted over */
export function requireDirectories(root: string): void {
  for (const name of DIRECTORIES) {
    const found = lstatSync(join(root, name), { throwIfNoEntry: false });
    if (found !== undefined && !found.isDirectory()) throw new Refusal(`/${name} in the container is no directory`);
  }
}

/**
 * Mounts the source itself: a container that may write next to it could put a link to anything in its place at any time,
 * also between runc's look at it and its mount.
 *
 * @throws Refusal if a link leads elsewhere by now, or if nothing is there
 */
export function bindExactly({ source, target }: Bind): void {
  const descriptor = openSource(source);
  try {
    const found = fstatSync(descriptor);
    // O_PATH opens a link itself; a link further up in the path shows in what was opened.
    if (found.isSymbolicLink() || readlinkSync(`/proc/thread-self/fd/${descriptor}`) !== source) throw changed(source);
    mkdirSync(dirname(target), { recursive: true });
    if (found.isDirectory()) mkdirSync(target);
    else writeFileSync(target, '');
    bindMount(`/proc/thread-self/fd/${descriptor}`, target);
  } finally {
    closeSync(descriptor);
  }
}

function openSource(source: string): number {
  try {
    return openSync(source, O_PATH | constants.O_NOFOLLOW);
  } catch {
    throw changed(source);
  }
}

function changed(source: string): Refusal {
  return new Refusal(`the mount ${source} was replaced while the container was started`);
}
