import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { temporaryDatabase, temporaryDirectory } from '../../test/support/database.ts';
import { statement } from './database.ts';
import { openEmbedded } from './embedded.ts';
import { knownMigrations, readSchemaProblem, schemaProblem, VERSION } from './known-migrations.ts';
import { migrate, oldestOf } from './migrate.ts';

const known = knownMigrations.map((name) => ({ name, oldest: null }));

it('lists the files of the folder, and has the version of the package', () => {
  const files = readdirSync(new URL('../migrations/', import.meta.url)).filter((name) => name.endsWith('.sql'));
  expect(knownMigrations).toEqual(files.sort());
  expect(VERSION).toBe(packageJson.version);
});

describe('the schema of a database', () => {
  it('is valid with every migration, with or without views', () => {
    expect(schemaProblem([...known, { name: 'views-0123', oldest: null }])).toBeUndefined();
  });

  it('is not migrated yet, or not by this version', () => {
    expect(schemaProblem([])?.message).toBe(`The database was not migrated yet: weft ${VERSION} cannot use it`);
    expect(schemaProblem(known.slice(0, -1))).toMatchObject({
      code: 'unavailable',
      message: `The database lacks ${knownMigrations.at(-1)}: weft ${VERSION} cannot use it`,
    });
  });

  it.each([
    ['0.3.0', '0.2.0', true],
    ['0.2.1', '0.2.0', true],
    ['0.10.0', '0.9.0', true],
    [null, '0.2.0', true],
    ['0.2.0', '0.2.0', false],
    ['0.2.0', '0.10.0', false],
    ['0.2.9', '1.0.0', false],
  ])('a later migration from %s on, and version %s: refused is %s', (oldest, version, refused) => {
    const problem = schemaProblem([...known, { name: '0099_later.sql', oldest }], version);
    expect(problem !== undefined).toBe(refused);
    if (refused) expect(problem?.message).toContain('0099_later.sql');
  });
});

describe('readSchemaProblem', () => {
  it('of an empty database, of one that was migrated, and of one of a version before the column', async () => {
    const database = openEmbedded(join(temporaryDirectory(), 'weft.db'));
    onTestFinished(() => database.close());
    expect((await readSchemaProblem(database))?.message).toContain('not migrated yet');
    await database.write([
      statement('CREATE TABLE migrations (name TEXT PRIMARY KEY NOT NULL, applied_at TEXT NOT NULL)'),
    ]);
    expect((await readSchemaProblem(database))?.message).toContain('not migrated yet');
    await migrate(database);
    expect(await readSchemaProblem(database)).toBeUndefined();
  });
});

describe('migrate', () => {
  const later = (oldest: string | null) =>
    statement("INSERT INTO migrations (name, applied_at, oldest) VALUES ('0099_later.sql', 'now', :oldest)", {
      oldest,
    });

  it('refuses a database of a later version, and changes nothing in it', async () => {
    const database = await temporaryDatabase();
    await database.write([later('99.0.0'), statement("DELETE FROM migrations WHERE name LIKE 'views-%'")]);
    const [before] = await database.read([statement('SELECT * FROM migrations')]);
    await expect(migrate(database)).rejects.toMatchObject({
      message: expect.stringContaining('0099_later.sql'),
      hint: 'Run weft 99.0.0 or later, or restore a backup of the database from before',
    });
    expect((await database.read([statement('SELECT * FROM migrations')]))[0]).toEqual(before);
  });

  it('runs beside a later version that allows it, and leaves its views alone', async () => {
    const database = await temporaryDatabase();
    await database.write([
      later(VERSION),
      statement("UPDATE migrations SET name = 'views-later' WHERE name LIKE 'views-%'"),
    ]);
    expect(await migrate(database)).toEqual([]);
    expect((await database.read([statement("SELECT name FROM migrations WHERE name LIKE 'views-%'")]))[0]).toEqual([
      { name: 'views-later' },
    ]);
  });

  it('refuses an empty database if state files name another, and accepts one that is not empty', async () => {
    const database = openEmbedded(join(temporaryDirectory(), 'weft.db'));
    onTestFinished(() => database.close());
    await expect(migrate(database, { remembered: ['a', 'b'] })).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('remembers the database a'),
      hint: expect.stringContaining('remove the notes'),
    });
    await migrate(database);
    expect(await migrate(database, { remembered: ['a'] })).toEqual([]);
  });

  it('the first line of a file names the oldest version that may run beside it', () => {
    expect(oldestOf('-- oldest: 0.2.0\nCREATE TABLE a (b);\n')).toBe('0.2.0');
    expect(oldestOf('CREATE TABLE a (b);\n-- oldest: 0.2.0\n')).toBeNull();
  });
});

it('every migration after those of the first version names the oldest version that may run beside it', async () => {
  const first = 5;
  const database = await temporaryDatabase();
  const [rows] = await database.read([
    statement<{ name: string; oldest: string | null }>(
      "SELECT name, oldest FROM migrations WHERE name NOT LIKE 'views-%' ORDER BY name",
    ),
  ]);
  expect(rows.slice(first).filter(({ oldest }) => oldest === null)).toEqual([]);
});
