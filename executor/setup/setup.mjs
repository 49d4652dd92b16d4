import { fileURLToPath } from 'node:url';
import { compile, isCompiled } from './compiled.mjs';
import { installationObstacle, installHostPackages, missingPackages } from './host-packages.mjs';
import { withLock } from './lock.mjs';
import { installPackages, packagesInstalled } from './node-packages.mjs';
import { jobs } from './technologies.mjs';

/*
 * The first step of every npm script: installs what its job needs. It runs on plain Node 20 with nothing installed,
 * prints what it does, and prints nothing if there is nothing to do.
 */

const root = fileURLToPath(new URL('../../', import.meta.url));
const modes = ['auto', 'check', 'off'];

/** @param {string} line */
function say(line) {
  // Standard output is reserved for the job.
  console.error(`set-up: ${line}`);
}

/**
 * @param {string} name
 * @param {string} mode
 * @returns {number} the exit code
 */
function setUp(name, mode) {
  const job = jobs[name];
  if (!job) {
    say(`unknown job ${name}; known: ${Object.keys(jobs).join(', ')}`);
    return 2;
  }
  if (!modes.includes(mode)) {
    say(`WEFT_SETUP: "${mode}" is not one of ${modes.join(', ')}`);
    return 2;
  }
  if (mode === 'off') return 0;
  const missing = whatIsMissing(job);
  if (mode === 'check') return report(missing.packages, missing.hostPackages);
  const isComplete = !missing.packages && missing.hostPackages.length === 0;
  if (isComplete && (!job.lasts || isCompiled(root))) return 0;
  return withLock(
    root,
    () => say('waiting for another set-up of this directory …'),
    (lock) => install(job, lock),
  );
}

/** @param {import('./technologies.mjs').Job} job */
function whatIsMissing({ development, technologies }) {
  return { packages: !packagesInstalled(root, development), hostPackages: missingPackages(technologies) };
}

/**
 * What was missing may have been installed while this process waited for the lock.
 * @param {import('./technologies.mjs').Job} job
 * @param {number} lock
 * @returns {number} the exit code: weft runs without missing host packages, but not without its npm packages
 */
function install(job, lock) {
  const { packages, hostPackages } = whatIsMissing(job);
  if (packages) {
    const problem = step('installing the packages of package-lock.json', () =>
      installPackages(root, job.development, lock),
    );
    if (problem !== null) return 1;
  }
  if (hostPackages.length > 0) {
    if (installationObstacle() === null)
      step(`installing ${hostPackages.join(' ')}`, () => installHostPackages(hostPackages));
    else say(`missing: ${hostPackages.join(' ')}; as root on Debian: apt-get install ${hostPackages.join(' ')}`);
  }
  if (job.lasts && !isCompiled(root)) step('compiling weft', () => compile(root));
  return 0;
}

/**
 * @param {boolean} lacksPackages
 * @param {readonly string[]} hostPackages
 */
function report(lacksPackages, hostPackages) {
  if (lacksPackages) say('the packages of package-lock.json are not installed; WEFT_SETUP=auto installs them');
  if (hostPackages.length > 0)
    say(`missing: ${hostPackages.join(' ')}; WEFT_SETUP=auto installs them, or apt-get install`);
  return lacksPackages ? 1 : 0;
}

/**
 * @param {string} what
 * @param {() => string | null} task
 * @returns {string | null}
 */
function step(what, task) {
  const began = Date.now();
  say(`${what} …`);
  const problem = task();
  say(problem ?? `done in ${((Date.now() - began) / 1000).toFixed(1)} s`);
  return problem;
}

/** @param {unknown} error */
function describe(error) {
  return error instanceof Error ? error.message : String(error);
}

try {
  process.exitCode = setUp(process.argv[2] ?? 'start', process.env.WEFT_SETUP || 'auto');
} catch (error) {
  // For example a checkout that this user may not write: one line, since a stack trace adds nothing.
  say(describe(error));
  process.exitCode = 1;
}
