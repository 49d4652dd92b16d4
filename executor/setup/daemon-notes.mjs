import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Until the next boot, like the processes. */
export const NOTES = '/run/weft/daemons';

/**
 * A process that weft has started; `startTime` is in clock ticks since the boot.
 * @typedef {{ readonly pid: number, readonly startTime: number, readonly boot: string }} Note
 */

/**
 * Creates the directory of the notes, for this user alone.
 * @param {string} directory
 */
export function prepareNotes(directory) {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
}

/**
 * Where the note of a daemon is.
 * @param {string} directory
 * @param {string} daemon
 */
export function noteFile(directory, daemon) {
  return join(directory, `${daemon}.json`);
}

/**
 * The daemons with a note, whether they still run or not.
 * @param {string} directory
 * @returns {string[]}
 */
export function notedDaemons(directory) {
  try {
    return readdirSync(directory).flatMap((name) => (name.endsWith('.json') ? [name.slice(0, -'.json'.length)] : []));
  } catch {
    return [];
  }
}

/**
 * Null: there is none, or it is incomplete.
 * @param {string} directory
 * @param {string} daemon
 * @returns {Note | null}
 */
export function readNote(directory, daemon) {
  try {
    const { pid, startTime, boot } = JSON.parse(readFileSync(noteFile(directory, daemon), 'utf8'));
    const isValid = Number.isSafeInteger(pid) && pid > 1 && Number.isSafeInteger(startTime) && typeof boot === 'string';
    return isValid ? { pid, startTime, boot } : null;
  } catch {
    return null;
  }
}

/**
 * @param {string} directory
 * @param {string} daemon
 */
export function removeNote(directory, daemon) {
  rmSync(noteFile(directory, daemon), { force: true });
}

/**
 * Whether the process of a note runs: not if it is a zombie, if its pid is that of another process now, or if the machine
 * was booted since.
 * @param {Note} note
 */
export function isRunning({ pid, startTime, boot }) {
  try {
    if (readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim() !== boot) return false;
    const { state, startTime: present } = parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    return state !== 'Z' && state !== 'X' && present === startTime;
  } catch {
    return false;
  }
}

/**
 * Fields 3 and 22 of /proc/PID/stat, proc(5). The second one, the name, may contain spaces and parentheses.
 * @param {string} text
 * @returns {{ readonly state: string, readonly startTime: number }}
 */
export function parseStat(text) {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '', startTime: Number(fields[19]) };
}
