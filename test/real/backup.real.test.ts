import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { openEmbedded } from '../../schema/database/embedded.ts';
import { migrate } from '../../schema/database/migrate.ts';
import { temporaryDirectory } from '../support/database.ts';

it('Debian’s sqlite3 makes a backup as docs/configuration.md says, also one that may only read', async () => {
  const directory = temporaryDirectory();
  const path = join(directory, 'weft.db');
  const database = openEmbedded(path);
  await migrate(database);
  database.close();
  for (const [index, options] of [[], ['-readonly']].entries()) {
    const backup = join(directory, `backup${index}.db`);
    execFileSync('sqlite3', [...options, path, `vacuum into '${backup}'`]);
    const copy = new DatabaseSync(backup, { readOnly: true });
    expect(copy.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
    expect(copy.prepare("SELECT count(*) > 30 AS many FROM sqlite_schema WHERE type = 'table'").get()).toEqual({
      many: 1,
    });
    copy.close();
  }
});
