import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { technologies } from './technologies.mjs';

const APT = '/usr/bin/apt-get';

/** A fresh machine may hold the lock for its automatic upgrades. */
const APT_LOCK_SECONDS = 120;

/** Root's PATH may lack these, where Debian keeps `ip`. */
const systemDirectories = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/bin', '/bin'];

/**
 * The packages of these technologies whose programs are missing.
 * @param {readonly import('./technologies.mjs').Technology[]} wanted
 * @param {string | undefined} path the PATH to look in
 * @returns {string[]}
 */
export function missingPackages(wanted, path = process.env.PATH) {
  const directories = [...(path ?? '').split(delimiter), ...systemDirectories].filter((directory) => directory !== '');
  return wanted
    .flatMap((technology) => technologies[technology])
    .filter(({ program }) => !directories.some((directory) => isExecutable(join(directory, program))))
    .map(({ name }) => name);
}

/** @param {string} file */
function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Only root, and only where there is apt-get. */
export function canInstallHostPackages() {
  return process.getuid?.() === 0 && isExecutable(APT);
}

/**
 * Installs Debian packages. Returns an error, or null.
 * @param {readonly string[]} packages
 * @returns {string | null}
 */
export function installHostPackages(packages) {
  const install = () => apt(['install', '--yes', '--no-install-recommends', ...packages]);
  // A fresh image has no package lists, or outdated ones.
  if (install().status === 0) return null;
  const updated = apt(['update']);
  const installed = install();
  if (installed.status === 0) return null;
  return `apt-get install ${packages.join(' ')} failed: ${lastLine(installed.stderr) || lastLine(updated.stderr)}`;
}

/** @param {readonly string[]} args */
function apt(args) {
  return spawnSync(APT, ['--option', `DPkg::Lock::Timeout=${APT_LOCK_SECONDS}`, ...args], {
    encoding: 'utf8',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
}

/** @param {string} text */
function lastLine(text) {
  return text.trim().split('\n').at(-1) ?? '';
}
