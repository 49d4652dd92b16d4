import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installHostPackages, missingPackages } from './host-packages.mjs';
import { withLock } from './lock.mjs';
import { installPackages, nodeProblem, packagesInstalled } from './node-packages.mjs';
import { jobs } from './technologies.mjs';

/*
 * What every npm script does first: makes sure that what its job needs is there. It runs on plain Node 20 with nothing
 * installed, says what it does, and says nothing when there is nothing to do.
 */

const root = fileURLToPath(new URL('../../', import.meta.url));
const modes = ['auto', 'check', 'off'];

/** @param {string} line */
function say(line) {
  // Standard output belongs to the job.
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
    say(`there is no job ${name}; known: ${Object.keys(jobs).join(', ')}`);
    return 2;
  }
  if (!modes.includes(mode)) {
    say(`WEFT_SETUP: "${mode}" is not one of ${modes.join(', ')}`);
    return 2;
  }
  if (mode === 'off') return 0;
  const lacksPackages = !packagesInstalled(root, job.development);
  const hostPackages = missingPackages(job.technologies);
  if (mode === 'check') return report(lacksPackages, hostPackages);
  if (lacksPackages) {
    const problem = step('installing the packages of package-lock.json', () => installPackages(root, job.development));
    if (problem !== null) return 1;
  }
  const problem = nodeProblem(root);
  if (problem !== null) {
    say(problem);
    return 1;
  }
  if (hostPackages.length > 0)
    step(`installing ${hostPackages.join(' ')} to look at the host with`, () => installHostPackages(hostPackages));
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

const name = process.argv[2] ?? 'start';
withLock(join(root, '.weft-setup.lock'), () => {
  process.exitCode = setUp(name, process.env.WEFT_SETUP || 'auto');
});
