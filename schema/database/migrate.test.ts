import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { is } from 'drizzle-orm';
import { getTableConfig, SQLiteTable } from 'drizzle-orm/sqlite-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryDatabase, temporaryDirectory } from '../../test/support/database.ts';
import { type Database, statement } from './database.ts';
import { openEmbedded } from './embedded.ts';
import { knownMigrations } from './known-migrations.ts';
import { migrate, splitStatements } from './migrate.ts';

const run = promisify(execFile);
const directory = new URL('../tables/', import.meta.url);
const modules: object[] = await Promise.all(
  readdirSync(directory)
    .filter((file) => !file.endsWith('.test.ts'))
    .map((file) => import(/* @vite-ignore */ new URL(file, directory).href)),
);
const tables = modules.flatMap((each) => Object.values(each)).filter((value) => is(value, SQLiteTable));

interface Column {
  name: string;
  type: string;
  notnull: number;
  pk: number;
}

describe('the migrations', () => {
  it.each(tables.map((table) => [getTableConfig(table).name, table] as const))(
    'make %s as drizzle knows it',
    async (name, table) => {
      const database = await temporaryDatabase();
      const [columns] = await database.read([statement<Column>(`SELECT * FROM pragma_table_info('${name}')`)]);
      const config = getTableConfig(table);
      const keys = new Set(config.primaryKeys.flatMap((key) => key.columns.map((column) => column.name)));
      const found = columns.map((column) => ({
        name: column.name,
        type: column.type,
        notNull: column.notnull === 1,
        key: column.pk > 0,
      }));
      const known = config.columns.map((column) => ({
        name: column.name,
        type: column.getSQLType().toUpperCase(),
        notNull: column.notNull || column.primary,
        key: column.primary || keys.has(column.name),
      }));
      expect(found).toEqual(known);
    },
  );

  it.each(tables.map((table) => [getTableConfig(table).name, table] as const))(
    'make the indexes of %s',
    async (name, table) => {
      const database = await temporaryDatabase();
      const [rows] = await database.read([
        statement<{ name: string }>(
          `SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = '${name}' AND sql IS NOT NULL ORDER BY name`,
        ),
      ]);
      expect(rows.map((row) => row.name)).toEqual(
        getTableConfig(table)
          .indexes.map((index) => index.config.name)
          .sort(),
      );
    },
  );

  it('give every database an id of its own', async () => {
    const ids = await Promise.all(
      [1, 2].map(async () => {
        const database = openEmbedded(join(temporaryDirectory(), 'weft.db'));
        onTestFinished(() => database.close());
        await migrate(database);
        const [rows] = await database.read([statement<{ id: string }>('SELECT id FROM database')]);
        return rows[0]?.id;
      }),
    );
    expect(ids[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(ids[0]).not.toBe(ids[1]);
  });

  it('have nothing to do the second time', async () => {
    expect(await migrate(await temporaryDatabase())).toEqual([]);
  });

  it('are applied once by processes that start at the same time', async () => {
    const path = join(temporaryDirectory(), 'weft.db');
    const script = `
      import { openEmbedded } from ${JSON.stringify(new URL('./embedded.ts', import.meta.url).href)};
      import { migrate } from ${JSON.stringify(new URL('./migrate.ts', import.meta.url).href)};
      const database = openEmbedded(${JSON.stringify(path)});
      console.log((await migrate(database)).length);
      database.close();`;
    const starts = await Promise.all(
      [1, 2, 3].map(() => run(process.execPath, ['--input-type=module', '--eval', script])),
    );
    const applied = starts.map(({ stdout }) => Number(stdout)).reduce((sum, count) => sum + count, 0);
    const database = openEmbedded(path);
    const [names] = await database.read([statement('SELECT name FROM migrations')]);
    database.close();
    expect(applied).toBe(names.length);
  });
});

describe('the sums and runs that 0007 adds', () => {
  it('are those of the rows that were there before', async () => {
    const database = openEmbedded(join(temporaryDirectory(), 'weft.db'));
    onTestFinished(() => database.close());
    await migrateUpTo(database, '0006_lookups.sql');
    await database.write([
      statement(`INSERT INTO hypervisors (id, name, epoch, capabilities, created_ms)
        VALUES ('h1', 'h1', 0, '{}', 0), ('h2', 'h2', 0, '{}', 0)`),
      statement("INSERT INTO reservations VALUES ('a', 'h1', 1, 2, 3), ('b', 'h1', 10, 20, 30)"),
      statement(
        "INSERT INTO subnets (id, metadata, revision, created_ms) VALUES ('s1', '{}', 1, 0), ('s2', '{}', 1, 0)",
      ),
      ...[1, 2, 3, 7, 9, 10].map((offset) =>
        statement("INSERT INTO addresses VALUES ('s1', :offset, '', '', 0)", { offset }),
      ),
    ]);
    await migrate(database);
    const [promised, counts, runs] = await database.read([
      statement('SELECT id, reserved_memory, reserved_disk, reserved_cpu FROM hypervisors ORDER BY id'),
      statement('SELECT id, reserved FROM subnets ORDER BY id'),
      statement('SELECT * FROM address_runs ORDER BY subnet, first'),
    ]);
    expect(promised).toEqual([
      { id: 'h1', reserved_memory: 11, reserved_disk: 22, reserved_cpu: 33 },
      { id: 'h2', reserved_memory: 0, reserved_disk: 0, reserved_cpu: 0 },
    ]);
    expect(counts).toEqual([
      { id: 's1', reserved: 6 },
      { id: 's2', reserved: 0 },
    ]);
    expect(runs).toEqual([
      { subnet: 's1', first: 1, last: 3 },
      { subnet: 's1', first: 7, last: 7 },
      { subnet: 's1', first: 9, last: 10 },
    ]);
  });
});

describe('the tables that 0009 makes anew', () => {
  it('have the rows that were there before, and take other kinds', async () => {
    const database = openEmbedded(join(temporaryDirectory(), 'weft.db'));
    onTestFinished(() => database.close());
    await migrateUpTo(database, '0008_blocked.sql');
    const names = [
      { hypervisor: 'h', kind: 'link', name: 'lan', owner: 'n1' },
      { hypervisor: 'h', kind: 'namespace', name: 'c1', owner: 'c1' },
    ];
    const lost = { hypervisor: 'h', kind: 'link', place: 'c1', name: 'lan', label: 'l', scans: 2, first_seen_ms: 7 };
    await database.write([
      statement("INSERT INTO host_names VALUES ('h', 'link', 'lan', 'n1'), ('h', 'namespace', 'c1', 'c1')"),
      statement("INSERT INTO orphans VALUES ('h', 'link', 'c1', 'lan', 'l', 2, 7)"),
    ]);
    await migrate(database);
    await database.write([statement("INSERT INTO host_names VALUES ('h', 'domain', 'vm1', 'd1')")]);
    const rows = await database.read([
      statement("SELECT * FROM host_names WHERE kind <> 'domain' ORDER BY name DESC"),
      statement('SELECT * FROM orphans'),
      statement('SELECT kind, name FROM v_orphans'),
    ]);
    expect(rows).toEqual([names, [lost], []]);
  });
});

/** Leaves it as an earlier version did. */
async function migrateUpTo(database: Database, last: string): Promise<void> {
  await database.write([
    statement('CREATE TABLE migrations (name TEXT PRIMARY KEY NOT NULL, applied_at TEXT NOT NULL, oldest TEXT)'),
  ]);
  for (const name of knownMigrations.slice(0, knownMigrations.indexOf(last) + 1)) {
    const text = readFileSync(new URL(`../migrations/${name}`, import.meta.url), 'utf8');
    await database.write([
      ...splitStatements(text).map((sql) => statement(sql)),
      statement("INSERT INTO migrations VALUES (:name, '', NULL)", { name }),
    ]);
  }
}

describe('splitStatements', () => {
  it('splits at semicolons that end a line, and drops comments', () => {
    expect(splitStatements("-- a\nCREATE TABLE a (b TEXT DEFAULT ';x');\n\n  -- c\nDROP TABLE a;\n")).toEqual([
      "CREATE TABLE a (b TEXT DEFAULT ';x')",
      'DROP TABLE a',
    ]);
  });

  it('keeps a trigger whole', () => {
    const trigger =
      'CREATE TRIGGER t AFTER INSERT ON a\nBEGIN\n  UPDATE a SET b = CASE WHEN b THEN 1 ELSE 2\n  END;\nDELETE FROM a;\nEND';
    expect(splitStatements(`DROP TABLE c;\n${trigger};\n\nDROP TABLE d;\n`)).toEqual([
      'DROP TABLE c',
      trigger,
      'DROP TABLE d',
    ]);
  });
});
