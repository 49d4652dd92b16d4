import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { TEMPORARY_FILES } from './leftovers.ts';

/*
 * Gives each test file a directory of its own for temporary files, in which it must leave none. Any user may write
 * there: some tests run weft without root.
 */

const root = fileURLToPath(new URL('../../', import.meta.url));
// Not tmpdir(), which the previous file in the process has changed.
const temporary = process.env[TEMPORARY_FILES] ?? tmpdir();
const { testPath = '' } = expect.getState();
const directory = join(temporary, relative(root, testPath).replaceAll('/', '-'));
mkdirSync(directory, { recursive: true, mode: 0o755 });
process.env.TMPDIR = directory;
