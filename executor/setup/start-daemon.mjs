import { execFile, spawn } from 'node:child_process';
import { closeSync, existsSync, fstatSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { DaemonError } from './daemon-error.mjs';
import { isRunning, noteFile, readNote, removeNote } from './daemon-notes.mjs';
import { locate, searchDirectories } from './host-packages.mjs';

/** @typedef {import('./daemon-list.mjs').Daemon} Daemon */

/** They answer within a second; a machine that is busy, or one that checks its storage first, takes longer. */
const START_MS = 60_000;
const FIRST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 200;

const run = promisify(execFile);
const launcher = fileURLToPath(new URL('launch.sh', import.meta.url));

/** Whether systemd runs the host, sd_booted(3): then daemons are units. */
export function isSystemdHost() {
  return existsSync('/run/systemd/system');
}

/**
 * Starts the unit of a daemon, now and at each boot.
 * @param {Daemon} daemon
 */
export async function enableUnit(daemon) {
  const action = `start ${daemon.unit}`;
  try {
    await run('systemctl', ['enable', '--now', daemon.unit], { env: environment(), timeout: START_MS });
  } catch (error) {
    throw new DaemonError('unsupported', action, wordsOf(error));
  }
  await untilAnswers(daemon, action, () => true);
}

/**
 * Starts a daemon that outlives this process, with a note in `notes`, and waits until it answers.
 * @param {Daemon} daemon
 * @param {string} notes
 * @param {(text: string) => void} say is told what was changed for it
 */
export async function startDaemon(daemon, notes, say) {
  const action = `start ${daemon.name}`;
  const missing = daemon.programs.filter((program) => locate(program) === undefined);
  if (missing.length > 0) throw new DaemonError('unsupported', action, `not installed: ${missing.join(', ')}`);
  try {
    for (const directory of [dirname(daemon.log), ...daemon.directories]) mkdirSync(directory, { recursive: true });
    const change = await daemon.prepare?.(daemon.socket);
    if (change) say(change);
  } catch (error) {
    throw new DaemonError('unsupported', action, wordsOf(error));
  }
  await launch(daemon, notes, action);
}

/**
 * @param {Daemon} daemon
 * @param {string} notes
 * @param {string} action
 */
async function launch(daemon, notes, action) {
  const log = openSync(daemon.log, 'a', 0o600);
  try {
    const written = fstatSync(log).size;
    const child = spawn('/bin/sh', [launcher, noteFile(notes, daemon.name), ...daemon.command], {
      detached: true,
      cwd: '/',
      stdio: ['ignore', log, log],
      env: environment(),
    });
    child.unref();
    let hasEnded = false;
    for (const event of ['exit', 'error'])
      child.once(event, () => {
        hasEnded = true;
      });
    if (await untilAnswers(daemon, action, () => !hasEnded)) return;
    removeNote(notes, daemon.name);
    throw new DaemonError('unsupported', action, lastLine(daemon.log, written) || 'it ended at once');
  } finally {
    closeSync(log);
  }
}

/**
 * Waits for a daemon that was started and does not answer yet: whoever started it did not wait for it.
 * @param {Daemon} daemon
 * @param {string} notes
 * @returns {Promise<boolean>} false: it has ended
 */
export function awaitStarted(daemon, notes) {
  return untilAnswers(daemon, `start ${daemon.name}`, () => {
    const note = readNote(notes, daemon.name);
    return note !== null && isRunning(note);
  });
}

/**
 * @param {Daemon} daemon
 * @param {string} action
 * @param {() => boolean} isAlive
 * @returns {Promise<boolean>} false: it has ended
 */
async function untilAnswers(daemon, action, isAlive) {
  const end = performance.now() + START_MS;
  let pauseMs = FIRST_PAUSE_MS;
  while ((await daemon.presence(daemon.socket)) !== 'answers') {
    if (!isAlive()) return false;
    if (performance.now() > end) throw new DaemonError('away', action, `no answer at ${daemon.socket}`);
    await pause(pauseMs);
    pauseMs = Math.min(pauseMs * 1.5, LONGEST_PAUSE_MS);
  }
  return true;
}

/** Nothing of this process's own, such as a token. */
function environment() {
  return { LC_ALL: 'C', HOME: '/root', PATH: searchDirectories().join(':') };
}

/**
 * What was written to a file after its first `from` bytes: the last line of it.
 * @param {string} path
 * @param {number} from
 */
function lastLine(path, from) {
  return readFileSync(path).subarray(from).toString('utf8').trim().split('\n').at(-1) ?? '';
}

/**
 * The last line that a program wrote to its standard error, or why it could not run.
 * @param {unknown} error
 */
function wordsOf(error) {
  const written = String(Reflect.get(Object(error), 'stderr') ?? '').trim();
  return written.split('\n').at(-1) || (error instanceof Error ? error.message : String(error));
}
