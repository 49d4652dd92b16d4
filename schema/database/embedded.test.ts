import { execFile } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { temporaryDatabase, temporaryDirectory } from '../../test/support/database.ts';
import { until } from '../../test/support/until.ts';
import { statement } from './database.ts';
import { openEmbedded } from './embedded.ts';

const run = promisify(execFile);
const insertEvent = statement("INSERT INTO events (at_ms, type, subject) VALUES (1, 'test', 'x')");

it('refuses to be used after it was closed', async () => {
  const database = openEmbedded(join(temporaryDirectory(), 'weft.db'));
  database.close();
  database.close();
  await expect(database.read([statement('SELECT 1')])).rejects.toMatchObject({ code: 'unavailable' });
  await expect(database.write([insertEvent])).rejects.toMatchObject({ code: 'unavailable' });
});

it('notifies subscribers only of commits that changed something', async () => {
  const database = await temporaryDatabase();
  const rung = Promise.withResolvers<void>();
  database.subscribe(() => rung.resolve());
  await database.write([insertEvent]);
  await rung.promise;
});

it('runs a checkpoint of a long log while it continues', async () => {
  const path = join(temporaryDirectory(), 'weft.db');
  const database = openEmbedded(path);
  onTestFinished(() => database.close());
  await database.write([statement('CREATE TABLE t (a INTEGER PRIMARY KEY)')]);
  const size = statSync(path).size;
  for (let batch = 0; batch < 600; batch += 1) await database.write([statement('INSERT INTO t DEFAULT VALUES')]);
  await until('the file has grown', () => statSync(path).size > size);
});

it('lets two processes write side by side without an error', async () => {
  const path = join(temporaryDirectory(), 'weft.db');
  const database = openEmbedded(path);
  await database.write([statement('CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)')]);
  const script = `
    import { openEmbedded } from ${JSON.stringify(new URL('./embedded.ts', import.meta.url).href)};
    const database = openEmbedded(${JSON.stringify(path)});
    for (let turn = 0; turn < 500; turn += 1) {
      await database.write([{ sql: 'INSERT INTO t (b) SELECT count(*) FROM t', args: {} }]);
    }
    database.close();`;
  await Promise.all([1, 2].map(() => run(process.execPath, ['--input-type=module', '--eval', script])));
  expect(await database.read([statement('SELECT count(*) AS count FROM t')])).toEqual([[{ count: 1000 }]]);
  database.close();
});

it('detects commits of another process', async () => {
  const path = join(temporaryDirectory(), 'weft.db');
  const database = openEmbedded(path);
  await database.write([statement('CREATE TABLE t (a INTEGER PRIMARY KEY)')]);
  const rung = Promise.withResolvers<void>();
  const script = `
    import { openEmbedded } from ${JSON.stringify(new URL('./embedded.ts', import.meta.url).href)};
    const database = openEmbedded(${JSON.stringify(path)});
    await database.write([{ sql: 'INSERT INTO t DEFAULT VALUES', args: {} }]);
    database.close();`;
  await new Promise((resolve) => setImmediate(resolve));
  database.subscribe(() => rung.resolve());
  await run(process.execPath, ['--input-type=module', '--eval', script]);
  await rung.promise;
  database.close();
});
