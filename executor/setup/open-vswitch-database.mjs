import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readlinkSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { promisify } from 'node:util';
import { searchDirectories } from './host-packages.mjs';

const run = promisify(execFile);

/** Where Debian's own init script has it: a link to /var/lib/openvswitch/conf.db. */
export const DATABASE = '/etc/openvswitch/conf.db';
const SCHEMA = '/usr/share/openvswitch/vswitch.ovsschema';
const ANSWER_MS = 30_000;

/**
 * Creates the database of Open vSwitch, or converts one of another version to the schema of this one, after a copy of it
 * was made: ovsdb-tool(1). What it contains stays. Returns what it has done, or null.
 * @returns {Promise<string | null>}
 */
export async function prepareDatabase() {
  if (!existsSync(DATABASE)) {
    for (const directory of [dirname(DATABASE), dirname(target(DATABASE))]) mkdirSync(directory, { recursive: true });
    await tool('create', DATABASE, SCHEMA);
    return `${DATABASE} created`;
  }
  if ((await tool('needs-conversion', DATABASE, SCHEMA)) !== 'yes') return null;
  const copy = `${target(DATABASE)}.backup${await tool('db-version', DATABASE)}-${Date.now()}`;
  copyFileSync(DATABASE, copy);
  await tool('convert', DATABASE, SCHEMA);
  return `${DATABASE} converted to this version of Open vSwitch; as it was: ${copy}`;
}

/**
 * Creates the one row of table Open_vSwitch, if it is not there.
 * @param {string} socket of its ovsdb-server
 * @returns {Promise<null>}
 */
export async function initialiseDatabase(socket) {
  await execute('ovs-vsctl', [`--db=unix:${socket}`, '--no-wait', 'init']);
  return null;
}

/** @param {string[]} args */
function tool(...args) {
  return execute('ovsdb-tool', args);
}

/**
 * @param {string} program
 * @param {readonly string[]} args
 */
async function execute(program, args) {
  const env = { LC_ALL: 'C', PATH: searchDirectories().join(':') };
  const { stdout } = await run(program, args, { env, timeout: ANSWER_MS });
  return stdout.trim();
}

/**
 * What a link names, although it does not exist yet.
 * @param {string} path
 */
function target(path) {
  try {
    return resolve(dirname(path), readlinkSync(path));
  } catch {
    return path;
  }
}
