import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Problem } from '../../../schema/problem.ts';
import { bindMounts } from './mounts.ts';

let directory: string;
const path = (name: string) => join(directory, name);

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'weft-mounts-'));
  for (const name of ['root', 'root/data', 'rootless', 'other']) mkdirSync(path(name));
  writeFileSync(path('root/file'), '');
  symlinkSync(path('other'), path('root/out'));
  symlinkSync(path('root/data'), path('root/in'));
  symlinkSync(path('root'), path('alias'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const mounted = (source: string, roots: readonly string[]) =>
  bindMounts([{ source, target: '/data', readonly: true }], roots);

describe('what a container mounts of its host', () => {
  it.each([
    ['the root itself', 'root', 'root', 'root'],
    ['a directory below it', 'root/data', 'root', 'root/data'],
    ['a file below it', 'root/file', 'root', 'root/file'],
    ['a symbolic link that stays below it, as what it refers to', 'root/in', 'root', 'root/data'],
    ['a directory below a root that is a symbolic link', 'root/data', 'alias', 'root/data'],
  ])('may be %s', async (_, source, root, found) => {
    expect(await mounted(path(source), [path('rootless'), path(root)])).toEqual([
      { source: path(found), destination: '/data', readonly: true },
    ]);
  });

  it('may be anything, if the root of the host is one', async () => {
    expect(await mounted(path('other'), ['/'])).toHaveLength(1);
  });

  const OUTSIDE = 'is below none of the mount_roots of this hypervisor';

  it.each([
    ['is beside the root', 'other', ['root'], OUTSIDE],
    ['only begins with the name of the root', 'rootless', ['root'], OUTSIDE],
    ['is above the root', '', ['root'], OUTSIDE],
    ['leaves the root by a symbolic link', 'root/out', ['root'], () => `leads to ${path('other')}, which ${OUTSIDE}`],
    ['is below no root, since there is none', 'root/data', [], OUTSIDE],
    ['is below a root that does not exist', 'root/data', ['gone'], OUTSIDE],
    ['does not exist', 'root/gone', ['root'], 'does not exist on this host'],
  ])('is refused if it %s', async (_, source, roots, said) => {
    const reason = typeof said === 'string' ? said : said();
    const refusal = mounted(path(source), roots.map(path));
    await expect(refusal).rejects.toThrow(Problem);
    await expect(refusal).rejects.toMatchObject({ status: 422, message: `The mount ${path(source)} ${reason}` });
  });
});
