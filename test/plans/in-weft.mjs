import { isMainThread } from 'node:worker_threads';
import { collect } from './collected.mjs';

/*
 * Loaded into every Node that a test run starts (NODE_OPTIONS): where that is weft, all that it prepares is collected.
 * The others, such as an older Node that sets weft up, may have no SQLite.
 */

const entry = /\/(start|functions\/server|executor\/main|[a-z]+-start)\.ts$/;

if (isMainThread && entry.test(process.argv[1] ?? '')) {
  const { DatabaseSync } = await import('node:sqlite');
  const prepare = DatabaseSync.prototype.prepare;
  DatabaseSync.prototype.prepare = function (sql) {
    collect(sql);
    return prepare.call(this, sql);
  };
}
