import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { technologies } from './technologies.mjs';

/** A fresh machine may hold the lock for its automatic upgrades. */
const APT_LOCK_SECONDS = 120;

/** Root's PATH may lack these, where Debian keeps `ip`. */
const systemDirectories = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/bin', '/bin'];

/**
 * Where programs and files are looked for: `path` is a PATH, by default that of this process; `root` is a directory
 * that stands for `/`.
 * @typedef {{ readonly path?: string, readonly root?: string }} Places
 */

/**
 * @param {Places} [places]
 * @returns {string[]}
 */
export function searchDirectories({ path = process.env.PATH ?? '', root = '/' } = {}) {
  const system = systemDirectories.map((directory) => join(root, directory));
  return [...path.split(delimiter).filter((directory) => directory !== ''), ...system];
}

/**
 * The packages of these technologies that are not installed.
 * @param {readonly import('./technologies.mjs').Technology[]} wanted
 * @param {Places} [places]
 * @returns {string[]}
 */
export function missingPackages(wanted, places) {
  return wanted
    .flatMap(
      (technology) => /** @type {readonly import('./technologies.mjs').HostPackage[]} */ (technologies[technology]),
    )
    .filter((each) => !isInstalled(each, places))
    .map(({ name }) => name);
}

/**
 * @param {import('./technologies.mjs').HostPackage} wanted
 * @param {Places} [places]
 */
function isInstalled({ program, files }, places) {
  if (files !== undefined) {
    const access = program === undefined ? constants.R_OK : constants.X_OK;
    return files.some((file) => isAccessible(join(places?.root ?? '/', file), access));
  }
  return program === undefined || locate(program, places) !== undefined;
}

/**
 * @param {string} program
 * @param {Places} [places]
 */
export function locate(program, places) {
  return searchDirectories(places)
    .map((directory) => join(directory, program))
    .find((file) => isAccessible(file, constants.X_OK));
}

/**
 * @param {string} file
 * @param {number} mode
 */
function isAccessible(file, mode) {
  try {
    accessSync(file, mode);
    return true;
  } catch {
    return false;
  }
}

/**
 * Why this process cannot install packages; null: it can.
 * @param {Places & { readonly user?: number | undefined }} [options] `user` is the id that this process has
 * @returns {string | null}
 */
export function installationObstacle({ user = process.getuid?.(), ...places } = {}) {
  if (user !== 0) return 'only root can install packages';
  return locate('apt-get', places) === undefined ? 'this host has no apt-get' : null;
}

/**
 * Installs Debian packages, and removes none: a package may conflict with one that the host's user has chosen, as runc
 * does with Docker's containerd.io. Returns an error, or null.
 * @param {readonly string[]} packages
 * @returns {string | null}
 */
export function installHostPackages(packages) {
  const install = () => apt(['install', '--yes', '--no-remove', '--no-install-recommends', ...packages]);
  // A fresh image has no package lists, or outdated ones.
  if (install().status === 0) return null;
  const updated = apt(['update']);
  const installed = install();
  if (installed.status === 0) return null;
  return `apt-get install ${packages.join(' ')} failed: ${lastLine(installed.stderr) || lastLine(updated.stderr)}`;
}

/** @param {readonly string[]} args */
function apt(args) {
  return spawnSync(locate('apt-get') ?? 'apt-get', ['--option', `DPkg::Lock::Timeout=${APT_LOCK_SECONDS}`, ...args], {
    encoding: 'utf8',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
}

/** @param {string} text */
function lastLine(text) {
  return text.trim().split('\n').at(-1) ?? '';
}
