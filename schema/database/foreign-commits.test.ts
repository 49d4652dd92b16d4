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
function lookedAt({ foreign, rings }: ReturnType<typeof watched>): number {
  foreign.hold();
  foreign.release(false);
  return rings();
}

it('tells of commits of others, each time once, and of no own one', () => {
  const files = watched();
  expect(lookedAt(files)).toBe(0);
  files.commitOwn();
  expect(lookedAt(files)).toBe(0);
  files.commitOther();
  expect(lookedAt(files)).toBe(1);
  expect(lookedAt(files)).toBe(1);
});

it('what another connection of ours commits meanwhile is an own one; what came before was not', () => {
  const files = watched();
  files.commitOther();
  files.foreign.hold();
  expect(files.rings()).toBe(1);
  files.commitOther();
  files.foreign.release(true);
  expect(lookedAt(files)).toBe(1);
});

it('where nobody knows what became of it, everybody is told', () => {
  const files = watched();
  files.foreign.hold();
  files.commitOther();
  files.foreign.release(false);
  expect(files.rings()).toBe(1);
});
