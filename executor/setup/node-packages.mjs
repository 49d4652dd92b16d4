import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The Node that weft runs on: it executes TypeScript directly. */
const NODE_MAJOR = 24;

const NODE = 'node_modules/.bin/node';
const STAMP = 'node_modules/.weft-setup.json';

/** Exists while npm runs: if it is found, npm was interrupted. */
const UNFINISHED = 'node_modules/.weft-unfinished';

/** @typedef {{ readonly hash: string, readonly development: boolean }} Stamp */

/**
 * Whether the packages of package-lock.json are installed; those for development only if they are required.
 * @param {string} root
 * @param {boolean} development
 */
export function packagesInstalled(root, development) {
  if (existsSync(join(root, UNFINISHED)) || !existsSync(join(root, NODE))) return false;
  const stamp = readStamp(root);
  return stamp !== null && stamp.hash === lockHash(root) && (stamp.development || !development);
}

/**
 * Installs them, and keeps installed ones for development. `npm ci` would fail if a registry lacks the binary of
 * another platform; `npm install` with the lockfile keeps every pinned version. No install script is run: no package
 * needs one. Returns an error, or null.
 * @param {string} root
 * @param {boolean} development
 * @param {number} lock a descriptor for npm to keep open, so that the lock lasts as long as it does
 * @returns {string | null}
 */
export function installPackages(root, development, lock) {
  removeUnfinished(root);
  const all = development || existsSync(join(root, 'node_modules/vitest'));
  const hash = lockHash(root);
  mkdirSync(join(root, 'node_modules'), { recursive: true });
  writeFileSync(join(root, UNFINISHED), '');
  const { error, status, stderr } = npmInstall(root, all ? '--include=dev' : '--omit=dev', lock);
  // Killed: the mark stays. When npm fails it restores the previous packages, for which the old stamp is still valid.
  if (status === null)
    return error ? `npm cannot be run: ${error.message}` : 'npm was killed; the next set-up repairs it';
  const problem = status === 0 ? provideNode(root) : `npm install failed:\n${stderr.trim()}`;
  if (problem === null) writeFileSync(join(root, STAMP), JSON.stringify({ hash, development: all }));
  rmSync(join(root, UNFINISHED), { force: true });
  return problem;
}

/**
 * npm considers a package installed if its package.json exists, and would leave a partial package as it is.
 * @param {string} root
 */
function removeUnfinished(root) {
  if (existsSync(join(root, UNFINISHED))) rmSync(join(root, 'node_modules'), { recursive: true, force: true });
}

/**
 * @param {string} root
 * @param {string} set
 * @param {number} lock
 */
function npmInstall(root, set, lock) {
  // `npm run` puts weft's own Node first on PATH, which npm must not run on while it replaces it.
  const path = (process.env.PATH ?? '')
    .split(delimiter)
    .filter((directory) => !directory.endsWith('node_modules/.bin'));
  return spawnSync(
    'npm',
    // Without --no-save npm writes its own view of the platform and registry into package-lock.json.
    [
      'install',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      '--no-save',
      '--loglevel=error',
      '--include=optional',
      // By default npm says nothing for minutes where there is no network.
      '--fetch-retries=2',
      '--fetch-retry-mintimeout=1000',
      '--fetch-retry-maxtimeout=5000',
      set,
    ],
    {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, PATH: path.join(delimiter) },
      stdio: ['ignore', 'ignore', 'pipe', lock],
    },
  );
}

/**
 * Makes node_modules/.bin/node a Node that runs weft: that of the package, or if there is none for this platform, the
 * one that runs this. Returns why there is none, or null.
 * @param {string} root
 * @returns {string | null}
 */
function provideNode(root) {
  const link = join(root, NODE);
  if (spawnSync(link, ['--version']).status === 0) return null;
  const running = process.versions.node;
  if (Number.parseInt(running, 10) < NODE_MAJOR)
    return `weft needs Node ${NODE_MAJOR} or later and no package brings it for ${process.platform} ${process.arch}; this is Node ${running}`;
  rmSync(link, { force: true });
  mkdirSync(join(root, 'node_modules/.bin'), { recursive: true });
  symlinkSync(process.execPath, link);
  return null;
}

/**
 * @param {string} root
 * @returns {Stamp | null}
 */
function readStamp(root) {
  try {
    return JSON.parse(readFileSync(join(root, STAMP), 'utf8'));
  } catch {
    return null;
  }
}

/** @param {string} root */
function lockHash(root) {
  const hash = createHash('sha256');
  for (const file of ['package.json', 'package-lock.json']) hash.update(readFileSync(join(root, file)));
  return hash.digest('hex');
}
