import { fileURLToPath } from 'node:url';
import { compile, isCompiled } from './compiled.mjs';
import { ensureComputeDaemons, runningDaemons, stopComputeDaemons } from './daemons.mjs';
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
/** Where daemons are looked for, if not at the usual places. */
const sockets = process.env.WEFT_OVS_SOCKET ? { ovsSocket: process.env.WEFT_OVS_SOCKET } : {};

/** @param {string} line */
function say(line) {
  // Standard output is reserved for the job.
  console.error(`set-up: ${line}`);
}

/**
 * @param {string} name
 * @param {string} mode
 * @returns {Promise<number>} the exit code
 */
async function setUp(name, mode) {
  const job = jobs[name];
  if (!job) {
    say(`unknown job ${name}; known: ${[...Object.keys(jobs), 'stop'].join(', ')}`);
    return 2;
  }
  if (!modes.includes(mode)) {
    say(`WEFT_SETUP: "${mode}" is not one of ${modes.join(', ')}`);
    return 2;
  }
  if (mode === 'off') return 0;
  if (mode === 'check') return check(job);
  const code = installWhatIsMissing(job);
  if (code === 0 && job.starts !== undefined) await ensureComputeDaemons({ technologies: job.starts, ...sockets, say });
  return code;
}

/**
 * @param {import('./technologies.mjs').Job} job
 * @returns {number} the exit code
 */
function installWhatIsMissing(job) {
  const missing = whatIsMissing(job);
  const isComplete = !missing.packages && missing.hostPackages.length === 0;
  if (isComplete && (!job.lasts || isCompiled(root))) return 0;
  return withLock(
    root,
    () => say('waiting for another set-up of this directory …'),
    (lock) => install(job, lock),
  );
}

/**
 * @param {import('./technologies.mjs').Job} job
 * @returns {Promise<number>} the exit code
 */
async function check(job) {
  const { packages, hostPackages } = whatIsMissing(job);
  for (const technology of job.starts ?? []) await reportDaemons(technology);
  return report(packages, hostPackages);
}

/** @param {'compute' | 'ovs'} technology */
async function reportDaemons(technology) {
  const running = await runningDaemons({ technologies: [technology], ...sockets });
  const names = running.map(({ name, pid }) => (pid === null ? name : `${name} (started by weft, pid ${pid})`));
  say(`${technology}: ${names.length === 0 ? 'no daemon runs' : `running: ${names.join(', ')}`}`);
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
  const job = process.argv[2] ?? 'start';
  if (job === 'stop') await stopComputeDaemons({ say });
  else process.exitCode = await setUp(job, process.env.WEFT_SETUP || 'auto');
} catch (error) {
  // For example a checkout that this user may not write: one line, since a stack trace adds nothing.
  say(describe(error));
  process.exitCode = 1;
}
