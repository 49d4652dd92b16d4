import { lstat, readFile, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { BundleError } from './errors.ts';

/** The user of a process, as numbers. */
export interface User {
  readonly uid: number;
  readonly gid: number;
  readonly additionalGids: readonly number[];
  readonly home: string;
}

/** The largest id that the kernel accepts: -1 means none. */
const LARGEST_ID = 2 ** 32 - 2;

/**
 * `user`, `user:group`, or numbers, which need no entry; empty: root. Names are those of passwd(5) and group(5) in the
 * image's root. Without a group it is the user's own, with the groups that list the user besides, as Docker has it.
 *
 * @throws BundleError `invalid` that names an unknown user or group
 */
export async function resolveUser(text: string, root: string): Promise<User> {
  const [name = '', groupName] = text.split(':', 2);
  const users = (await linesOf(root, 'etc/passwd')).map(([login, , uid, gid, , home]) => ({ login, uid, gid, home }));
  const groups = (await linesOf(root, 'etc/group')).map(([group, , gid, members = '']) => ({
    group,
    gid,
    members: members.split(','),
  }));
  const wanted = name === '' ? '0' : name;
  const entry = users.find(({ login }) => login === wanted) ?? users.find(({ uid }) => uid === wanted);
  const uid = idOf(entry?.uid ?? wanted);
  if (uid === null) throw unknown('user', wanted);
  const home = entry?.home || '/';
  if (groupName !== undefined) {
    const gid = idOf(groups.find(({ group }) => group === groupName)?.gid ?? groupName);
    if (gid === null) throw unknown('group', groupName);
    return { uid, gid, additionalGids: [], home };
  }
  const gid = idOf(entry?.gid) ?? 0;
  const listed = groups.filter(({ members }) => entry?.login !== undefined && members.includes(entry.login));
  const additionalGids = [...new Set(listed.flatMap((each) => idOf(each.gid) ?? []))].filter((id) => id !== gid);
  return { uid, gid, additionalGids, home };
}

function unknown(what: string, name: string): BundleError {
  return new BundleError('invalid', 'run', `the image has no ${what} ${JSON.stringify(name)}`);
}

function idOf(text: string | undefined): number | null {
  if (text === undefined || !/^\d{1,10}$/.test(text) || Number(text) > LARGEST_ID) return null;
  return Number(text);
}

/** Much more than the users of a company. */
const LARGEST_FILE = 16 << 20;

/**
 * The fields of each line of a file; none where an image has no such file, or in its place a link that leads out of it or
 * something else than a file.
 *
 * @throws BundleError `invalid` for a file that is too large
 */
async function linesOf(root: string, file: string): Promise<string[][]> {
  const top = await realpath(root);
  const path = await realpath(join(top, file)).catch(() => null);
  if (path === null || !path.startsWith(top + sep)) return [];
  const text = await textOf(path, file);
  return text.split('\n').flatMap((line) => (line === '' || line.startsWith('#') ? [] : [line.split(':')]));
}

/** To open a pipe would block a thread until somebody writes to it, and to open a device may do anything. */
async function textOf(path: string, name: string): Promise<string> {
  const found = await lstat(path);
  if (!found.isFile()) return '';
  if (found.size > LARGEST_FILE) {
    throw new BundleError('invalid', 'run', `${name} of the image has more than ${LARGEST_FILE} bytes`);
  }
  return readFile(path, 'utf8');
}
