import { DatabaseSync } from 'node:sqlite';
import { expect, it, onTestFinished } from 'vitest';
import { hasPlan, scansOf } from './scans.ts';

const tables = ['boxes', 'lids', 'slots', 'operations'];

function database(): DatabaseSync {
  const opened = new DatabaseSync(':memory:');
  onTestFinished(() => opened.close());
  opened.exec(`
    CREATE TABLE boxes (id INTEGER PRIMARY KEY, name TEXT, size INTEGER, parent INTEGER);
    CREATE INDEX boxes_name ON boxes (name);
    CREATE INDEX boxes_parent ON boxes (parent) WHERE parent IS NOT NULL;
    CREATE TABLE lids (box INTEGER, colour TEXT);
    CREATE TABLE operations (id INTEGER PRIMARY KEY, status TEXT);
    CREATE INDEX operations_unfinished ON operations (status);
    CREATE TABLE slots (box INTEGER, row INTEGER, place INTEGER, PRIMARY KEY (box, row, place)) WITHOUT ROWID`);
  return opened;
}

it.each([
  ['every row', 'SELECT * FROM boxes WHERE size = :size', ['SCAN boxes']],
  ['every row, by another name', 'SELECT * FROM boxes AS b WHERE b.size = ?1', ['SCAN b']],
  ['every entry of an index', 'SELECT name FROM boxes', ['SCAN boxes USING COVERING INDEX boxes_name']],
  [
    'every row of an UPDATE, for each of a list',
    "UPDATE boxes SET size = 1 FROM json_each(:list) x WHERE boxes.size = x.value ->> 'size'",
    ['SCAN boxes'],
  ],
  [
    'what has any value',
    'SELECT id FROM boxes WHERE parent IS NOT NULL',
    ['SEARCH boxes USING COVERING INDEX boxes_parent (parent>?)'],
  ],
  [
    'what comes after two values',
    'SELECT * FROM slots WHERE (box, row) > (:box, :row)',
    ['SEARCH slots USING PRIMARY KEY ((box,row)>(?,?))'],
  ],
  ['what comes after', 'SELECT id FROM boxes WHERE id > :after', ['SEARCH boxes USING INTEGER PRIMARY KEY (rowid>?)']],
  ['all rows for the largest', 'SELECT max(size) FROM boxes WHERE parent = 1 AND size > 1', []],
  ['all rows for the largest of some', "SELECT max(box) FROM lids l WHERE colour = 'red'", ['SEARCH l']],
  [
    'all rows, for an index of the moment',
    'SELECT * FROM boxes b CROSS JOIN lids l ON l.box = b.size',
    ['SCAN b', 'SEARCH l USING AUTOMATIC COVERING INDEX (box=?)'],
  ],
  [
    'everything with a status',
    "SELECT * FROM operations WHERE status = 'pending'",
    ['SEARCH operations USING COVERING INDEX operations_unfinished (status=?)'],
  ],
  [
    'everything with a status that comes after',
    "SELECT * FROM operations WHERE status = 'pending' AND id > :after",
    ['SEARCH operations USING COVERING INDEX operations_unfinished (status=? AND rowid>?)'],
  ],
])('finds a scan of %s', (_, sql, scans) => {
  expect(scansOf(database(), tables, sql, ['operations_unfinished']).map(({ detail }) => detail)).toEqual(scans);
});

it.each([
  'SELECT * FROM boxes WHERE id = :id',
  'SELECT * FROM boxes WHERE name = :name AND id > :after ORDER BY id LIMIT 10',
  'SELECT * FROM slots WHERE box = :box AND (row, place) > (:row, :place) ORDER BY row, place LIMIT 10',
  'SELECT * FROM json_each(:list) j CROSS JOIN boxes b ON b.name = j.value',
  'WITH x AS MATERIALIZED (SELECT value FROM json_each(:list)) SELECT * FROM x CROSS JOIN boxes b ON b.id = x.value',
  'DELETE FROM boxes WHERE id IN (SELECT value FROM json_each(:list))',
  "SELECT * FROM operations WHERE status = 'pending' AND id = :id",
])('reports nothing for %s', (sql) => {
  expect(scansOf(database(), tables, sql, ['operations_unfinished'])).toEqual([]);
});

it.each(['BEGIN IMMEDIATE', 'CREATE TABLE t (a)', 'PRAGMA data_version', 'COMMIT'])('reads no plan for %s', (sql) => {
  expect(hasPlan(sql)).toBe(false);
});
