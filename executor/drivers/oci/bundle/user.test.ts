import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryDirectory } from '../../../../test/support/database.ts';
import { resolveUser } from './user.ts';

const PASSWD = `root:x:0:0:root:/root:/bin/sh
# a comment
web:x:33:34:web:/srv/web:/bin/sh
1000:x:7:7::/seven:/bin/sh
`;
const GROUP = `root:x:0:
web:x:34:
logs:x:40:web,root
more:x:41:other,web
same:x:34:web
`;

function rootWith(files: { readonly passwd?: string; readonly group?: string }): string {
  const root = temporaryDirectory();
  mkdirSync(join(root, 'etc'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(root, 'etc', name), text);
  return root;
}

describe('the user of a process', () => {
  const root = () => rootWith({ passwd: PASSWD, group: GROUP });

  test.each([
    ['', { uid: 0, gid: 0, additionalGids: [40], home: '/root' }],
    ['web', { uid: 33, gid: 34, additionalGids: [40, 41], home: '/srv/web' }],
    ['33', { uid: 33, gid: 34, additionalGids: [40, 41], home: '/srv/web' }],
    ['web:logs', { uid: 33, gid: 40, additionalGids: [], home: '/srv/web' }],
    ['web:77', { uid: 33, gid: 77, additionalGids: [], home: '/srv/web' }],
    ['500', { uid: 500, gid: 0, additionalGids: [], home: '/' }],
    ['500:501', { uid: 500, gid: 501, additionalGids: [], home: '/' }],
    ['1000', { uid: 7, gid: 7, additionalGids: [], home: '/seven' }],
  ])('%j', async (text, user) => {
    expect(await resolveUser(text, root())).toEqual(user);
  });

  test.each([
    ['nobody', 'the image has no user "nobody"'],
    ['web:nobody', 'the image has no group "nobody"'],
    ['web:', 'the image has no group ""'],
    ['4294967295', 'the image has no user "4294967295"'],
    ['-1', 'the image has no user "-1"'],
  ])('%j is refused', async (text, detail) => {
    await expect(resolveUser(text, root())).rejects.toMatchObject({ code: 'invalid', detail });
  });

  test('is a number where the image has neither file', async () => {
    expect(await resolveUser('5', temporaryDirectory())).toMatchObject({ uid: 5, gid: 0 });
    await expect(resolveUser('web', temporaryDirectory())).rejects.toMatchObject({ code: 'invalid' });
  });

  test.each(['pipe', 'directory', 'socket'])(
    'is a number where the image has a %s in place of a file',
    async (kind) => {
      const image = rootWith({ group: GROUP });
      const path = join(image, 'etc/passwd');
      if (kind === 'directory') mkdirSync(path);
      else if (kind === 'pipe') execFileSync('mkfifo', [path]);
      else
        await new Promise((resolve) =>
          createServer()
            .listen(path, () => resolve(undefined))
            .unref(),
        );
      expect(await resolveUser('5', image)).toMatchObject({ uid: 5, gid: 0 });
      await expect(resolveUser('web', image)).rejects.toMatchObject({ code: 'invalid' });
    },
  );

  test('is not read from a file that has no end', async () => {
    const image = rootWith({ passwd: '' });
    truncateSync(join(image, 'etc/passwd'), 2 ** 40);
    await expect(resolveUser('web', image)).rejects.toMatchObject({
      code: 'invalid',
      detail: 'etc/passwd of the image has more than 16777216 bytes',
    });
  });

  test('is not read from the files of the host', async () => {
    const image = rootWith({});
    symlinkSync('/etc/passwd', join(image, 'etc/passwd'));
    await expect(resolveUser('daemon', image)).rejects.toMatchObject({ code: 'invalid' });
  });
});
