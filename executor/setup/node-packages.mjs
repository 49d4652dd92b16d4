import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The Node that weft runs on: it takes TypeScript as it is. */
const NODE_MAJOR = 24;

const STAMP = 'node_modules/.weft-setup.json';

/** @typedef {{ readonly hash: string, readonly development: boolean }} Stamp */

/**
 * Whether the packages that package-lock.json names are installed; those of development only where they are wanted.
 * @param {string} root
 * @param {boolean} development
 */
export function packagesInstalled(root, development) {
  const stamp = readStamp(root);
  return stamp !== null && stamp.hash === lockHash(root) && (stamp.development || !development);
}

/**
 * Installs them. `npm ci` would refuse where a registry lacks the binary of another platform; `npm install` with the
 * lockfile keeps every pin. No install script is run: no package needs one. Returns what went wrong, or null.
 * @param {string} root
 * @param {boolean} development
 * @returns {string | null}
 */
export function installPackages(root, development) {
  const before = readFileSync(join(root, 'package-lock.json'));
  // From here to the new stamp the packages are in an unknown state: a set-up that is cut short begins again.
  rmSync(join(root, STAMP), { force: true });
  const install = spawnSync(
    'npm',
    [
      'install',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
      ...(development ? ['--include=dev'] : ['--omit=dev']),
    ],
    { cwd: root, encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] },
  );
  if (install.error) return `npm cannot be run: ${install.error.message}`;
  // What npm makes of the lockfile on another platform is no change of ours.
  writeFileSync(join(root, 'package-lock.json'), before);
  if (install.status !== 0) return `npm install failed:\n${install.stderr.trim()}`;
  writeFileSync(join(root, STAMP), JSON.stringify({ hash: lockHash(root), development }));
  return null;
}

/**
 * Why the installed Node is not the one that weft needs, or null.
 * @param {string} root
 * @returns {string | null}
 */
export function nodeProblem(root) {
  if (existsSync(join(root, 'node_modules/.bin/node'))) return null;
  return `there is no Node ${NODE_MAJOR} package for ${process.platform} ${process.arch}; weft runs on Linux, x64 or arm64`;
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
