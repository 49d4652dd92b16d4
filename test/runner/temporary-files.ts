import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';

/*
 * Before each file of tests: its temporary files go into a directory of its own, in which it is to leave none. Of any
 * user: some tests run weft as one without rights.
 */

const root = fileURLToPath(new URL('../../', import.meta.url));
const { testPath = '' } = expect.getState();
const directory = join(tmpdir(), relative(root, testPath).replaceAll('/', '-'));
mkdirSync(directory, { recursive: true, mode: 0o755 });
process.env.TMPDIR = directory;
