import { connect } from 'node:net';

/** A daemon that runs answers within milliseconds, on a busy machine within seconds. */
const ANSWER_MS = 10_000;

/** libvirt's remote protocol (libvirt.org/internals/rpc.html): the program and the call that needs no connection to a driver. */
const REMOTE_PROGRAM = 0x2000_8086;
const AUTH_LIST = 66;
const HEADER_BYTES = 28;

/** The lock of RFC 7047, section 4.1.8, that ovs-vswitchd holds while it works. */
const VSWITCHD_LOCK = 'ovs_vswitchd';

/**
 * `absent`: nothing listens there. `silent`: something does, and does not answer.
 * @typedef {'answers' | 'silent' | 'absent'} Presence
 */

/**
 * What a program says on a Unix socket: sends `request`, and reads until `isComplete`. Null: nothing listens there;
 * throws if the socket cannot be used for another reason.
 * @param {string} path
 * @param {Uint8Array | string} request
 * @param {(answer: string) => boolean} isComplete
 * @returns {Promise<string | null>} the answer as latin1, incomplete after the deadline or if the connection is closed
 */
function ask(path, request, isComplete) {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect({ path });
    const timer = setTimeout(() => finish(answer), ANSWER_MS);
    /** @param {string | null} result */
    const finish = (result) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(result);
    };
    socket.setEncoding('latin1');
    socket.once('connect', () => {
      if (isComplete('')) finish('');
      else socket.write(request);
    });
    socket.on('data', (piece) => {
      answer += piece;
      if (isComplete(answer)) finish(answer);
    });
    socket.once('end', () => finish(answer));
    socket.once('error', (error) => {
      const code = Reflect.get(error, 'code');
      if (code === 'ENOENT' || code === 'ECONNREFUSED') return finish(null);
      if (code === 'ECONNRESET' || code === 'EPIPE') return finish(answer);
      clearTimeout(timer);
      reject(error);
    });
  });
}

/**
 * Whether libvirtd answers here. It is asked how clients authenticate, which every client may.
 * @param {string} path
 * @returns {Promise<Presence>}
 */
export async function libvirtPresence(path) {
  const call = Buffer.alloc(HEADER_BYTES);
  call.writeUInt32BE(HEADER_BYTES, 0);
  call.writeUInt32BE(REMOTE_PROGRAM, 4);
  call.writeUInt32BE(1, 8);
  call.writeInt32BE(AUTH_LIST, 12);
  return presence(await ask(path, call, (answer) => answer.length >= HEADER_BYTES), HEADER_BYTES);
}

/**
 * Whether virtlogd listens here. It has no call without an effect.
 * @param {string} path
 * @returns {Promise<Presence>}
 */
export async function virtlogdPresence(path) {
  return presence(await ask(path, '', () => true), 0);
}

/**
 * Whether an ovsdb-server with the database of Open vSwitch answers here.
 * @param {string} path
 * @returns {Promise<Presence>}
 */
export async function ovsdbPresence(path) {
  const answer = await ask(path, request('list_dbs', []), isJson);
  if (answer === null) return 'absent';
  return isJson(answer) && namesIn(resultOf(answer)).includes('Open_vSwitch') ? 'answers' : 'silent';
}

/**
 * Whether an ovs-vswitchd works for the ovsdb-server that listens here: then nobody else gets its lock. A lock that this
 * connection gets is released at once, with the connection.
 * @param {string} path
 * @returns {Promise<Presence>}
 */
export async function vswitchdPresence(path) {
  const answer = await ask(path, request('lock', [VSWITCHD_LOCK]), isJson);
  if (answer === null) return 'absent';
  if (!isJson(answer)) return 'silent';
  return Reflect.get(Object(resultOf(answer)), 'locked') === false ? 'answers' : 'absent';
}

/**
 * @param {string | null} answer
 * @param {number} least
 * @returns {Presence}
 */
function presence(answer, least) {
  if (answer === null) return 'absent';
  return answer.length >= least ? 'answers' : 'silent';
}

/**
 * @param {string} method
 * @param {readonly string[]} params
 */
function request(method, params) {
  return JSON.stringify({ id: 1, method, params });
}

/** @param {string} text */
function isJson(text) {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * @param {string} answer
 * @returns {unknown}
 */
function resultOf(answer) {
  return Reflect.get(Object(JSON.parse(answer)), 'result');
}

/**
 * @param {unknown} result
 * @returns {readonly unknown[]}
 */
function namesIn(result) {
  return Array.isArray(result) ? result : [];
}
