import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The variable that names the directory in which a test run collects the statements that weft issues. */
export const STATEMENTS_DIRECTORY = 'WEFT_TEST_STATEMENTS';

/** The variable that says that all files of tests run: an exception that nothing needs is then one too many. */
export const WHOLE_RUN = 'WEFT_TEST_WHOLE_RUN';

const seen = new Set();

/**
 * Keeps an SQL text of weft, one file for each, whichever of the run's processes has it.
 * @param {string} sql
 */
export function collect(sql) {
  const directory = process.env[STATEMENTS_DIRECTORY];
  if (directory === undefined || seen.has(sql)) return;
  seen.add(sql);
  const file = join(directory, `${createHash('sha256').update(sql).digest('hex')}.sql`);
  try {
    if (!existsSync(file)) writeFileSync(file, sql, { flag: 'wx' });
  } catch {
    // Another process was faster; or the run is over and this process is about to be ended.
  }
}

/**
 * @param {string} directory
 * @returns {string[]}
 */
export function collected(directory) {
  return readdirSync(directory)
    .sort()
    .map((name) => readFileSync(join(directory, name), 'utf8'));
}
