import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { temporaryDirectory } from '../../test/support/database.ts';
import { Connection } from './connection.ts';
import { statement } from './database.ts';
import { prepareDatabaseFile } from './database-file.ts';
import { ForeignCommits } from './foreign-commits.ts';
import { CHECKPOINT_PAGES } from './open-file.ts';

function watched() {
  const path = join(temporaryDirectory(), 'weft.db');
  prepareDatabaseFile(path);
  const open = () => {
    const connection = new Connection(path, { synchronous: 'full', checkpointPages: CHECKPOINT_PAGES });
    onTestFinished(() => connection.close());
    return connection;
  };
  const [own, other] = [open(), open()];
  const commit = (connection: Connection) =>
    connection.batch([statement('CREATE TABLE IF NOT EXISTS t (a)'), statement('INSERT INTO t VALUES (1)')], 'BEGIN');
  let rings = 0;
  commit(other);
  const foreign = new ForeignCommits(path, own, () => {
    rings += 1;
  });
  onTestFinished(() => foreign.close());
  return { foreign, commitOwn: () => commit(own), commitOther: () => commit(other), rings: () => rings };
}

/** Forces a check for commits that are not detected yet. */
function checks({ foreign, rings }: ReturnType<typeof watched>): number {
  foreign.hold();
  foreign.release(false);
  return rings();
}

it('reports each commit of another process once, and none of its own', () => {
  const files = watched();
  expect(checks(files)).toBe(0);
  files.commitOwn();
  expect(checks(files)).toBe(0);
  files.commitOther();
  expect(checks(files)).toBe(1);
  expect(checks(files)).toBe(1);
});

it('a commit of another connection of the same process counts as its own; an earlier one does not', () => {
  const files = watched();
  files.commitOther();
  files.foreign.hold();
  expect(files.rings()).toBe(1);
  files.commitOther();
  files.foreign.release(true);
  expect(checks(files)).toBe(1);
});

it('if the outcome is unknown, everyone is notified', () => {
  const files = watched();
  files.foreign.hold();
  files.commitOther();
  files.foreign.release(false);
  expect(files.rings()).toBe(1);
});
