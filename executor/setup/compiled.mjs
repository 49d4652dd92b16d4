import { spawnSync } from 'node:child_process';
import { accessSync, constants, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const SOURCES = ['executor', 'functions', 'schema'];
const OTHERS = ['start.ts', 'package-lock.json'];

/** The compile cache has a directory for each user. */
const STAMP = `node_modules/.cache/weft/compiled-${process.getuid?.() ?? 0}`;

/**
 * Whether the compile cache is newer than the sources, or cannot be written, so that there is nothing to do.
 * @param {string} root
 */
export function isCompiled(root) {
  try {
    accessSync(join(root, 'node_modules'), constants.W_OK);
  } catch {
    return true;
  }
  const compiled = statSync(join(root, STAMP), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return sources(root).every((file) => statSync(join(root, file)).mtimeMs < compiled);
}

/** @param {string} root */
function sources(root) {
  const files = SOURCES.flatMap((directory) =>
    readdirSync(join(root, directory), { recursive: true, encoding: 'utf8' }).map((name) => join(directory, name)),
  );
  return [...files.filter((file) => /\.(ts|mjs|sh)$/.test(file)), ...OTHERS];
}

/**
 * Has Node compile weft in a process that exits. Returns an error, which only costs memory, or null.
 * @param {string} root
 * @returns {string | null}
 */
export function compile(root) {
  const script = join(root, 'executor/setup/node.sh');
  const run = spawnSync('sh', [script, join(root, 'executor/setup/compile.mjs')], { cwd: root, encoding: 'utf8' });
  if (run.status !== 0) return `weft could not be compiled beforehand: ${run.error?.message ?? run.stderr.trim()}`;
  mkdirSync(join(root, 'node_modules/.cache/weft'), { recursive: true });
  writeFileSync(join(root, STAMP), '');
  return null;
}
