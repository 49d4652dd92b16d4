import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../../../../test/support/database.ts';
import { parseImageName } from './names.ts';
import { parseImageSource, pathBelow } from './sources.ts';

describe('a source', () => {
  it.each([
    ['docker://ubuntu:14.04', { transport: 'docker', name: parseImageName('ubuntu:14.04') }],
    ['oci:lab', { transport: 'oci', file: 'lab', tag: null }],
    ['oci:lab:v1.0', { transport: 'oci', file: 'lab', tag: 'v1.0' }],
    ['oci:routers/frr dir:8', { transport: 'oci', file: 'routers/frr dir', tag: '8' }],
    ['oci-archive:lab.tar', { transport: 'oci-archive', file: 'lab.tar' }],
    ['oci-archive:a:b', { transport: 'oci-archive', file: 'a:b' }],
    ['docker-archive:x/lab..tar', { transport: 'docker-archive', file: 'x/lab..tar' }],
  ])('%s is understood', (text, expected) => {
    expect(parseImageSource(text)).toEqual(expected);
  });

  it.each([
    ['ubuntu', 'none of docker://NAME'],
    ['docker:ubuntu', 'none of docker://NAME'],
    ['dir:x', 'none of docker://NAME'],
    ['docker-daemon:x', 'none of docker://NAME'],
    ['docker://Ubuntu', 'is not in lower case'],
    ['oci:', 'names no file'],
    ['oci::x', 'names no file'],
    ['oci:x:', '"" is not a tag'],
    ['oci:x:a/b', '"a/b" is not a tag'],
    ['oci:/etc', 'an absolute path'],
    ['oci-archive:../x', '".." leads out'],
    ['docker-archive:a/../../x', '".." leads out'],
    ['oci-archive:a//b', 'is empty'],
    ['oci-archive:./b', 'is empty'],
    ['oci-archive:a\nb', 'control character'],
    ['oci-archive:a\0', 'control character'],
    [`oci-archive:${'ä'.repeat(128)}`, 'over 255 bytes'],
  ])('%j is refused: %s', (text, words) => {
    expect(() => parseImageSource(text)).toThrow(words);
  });
});

describe('a file for import', () => {
  function directory(): string {
    const base = temporaryDirectory();
    mkdirSync(join(base, 'imports/sub'), { recursive: true });
    for (const file of ['imports/a.tar', 'imports/sub/b.tar', 'outside.tar']) writeFileSync(join(base, file), '');
    mkdirSync(join(base, 'imports-too'));
    writeFileSync(join(base, 'imports-too/c.tar'), '');
    symlinkSync('sub/b.tar', join(base, 'imports/inside'));
    symlinkSync('../outside.tar', join(base, 'imports/outside'));
    symlinkSync('../imports-too', join(base, 'imports/sibling'));
    symlinkSync('loop', join(base, 'imports/loop'));
    symlinkSync('imports', join(base, 'linked'));
    return base;
  }

  it.each([
    ['imports', 'a.tar', 'imports/a.tar'],
    ['imports', 'inside', 'imports/sub/b.tar'],
    ['linked', 'sub/b.tar', 'imports/sub/b.tar'],
  ])('below %s: %s is %s', async (imports, file, path) => {
    const base = directory();
    expect(await pathBelow(join(base, imports), file, 'import')).toBe(join(base, path));
  });

  it.each([
    ['imports', 'outside', 'invalid', 'outside is a link that leads out of'],
    ['imports', 'sibling/c.tar', 'invalid', 'leads out of'],
    ['imports', 'loop', 'invalid', 'it is a link to itself'],
    ['imports', 'none', 'unknown', 'none, a name below the directory for imports: there is no such file'],
    ['nowhere', 'a.tar', 'unknown', 'nowhere, the directory for imports: there is no such file'],
  ])('below %s: %s is refused', async (imports, file, code, words) => {
    await expect(pathBelow(join(directory(), imports), file, 'import')).rejects.toMatchObject({
      code,
      message: expect.stringContaining(words),
    });
  });
});
