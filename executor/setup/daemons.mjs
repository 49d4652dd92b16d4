import { readdirSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { DaemonError } from './daemon-error.mjs';
import { daemons, LIBVIRT_SOCKET, OVS_SOCKET } from './daemon-list.mjs';
import { isRunning, NOTES, notedDaemons, prepareNotes, readNote, removeNote } from './daemon-notes.mjs';
import { whileLocked } from './lock.mjs';
import { awaitStarted, enableUnit, isSystemdHost, startDaemon } from './start-daemon.mjs';

/** libvirtd finishes its calls first. */
const END_MS = 60_000;
const POLL_MS = 20;

/** libvirt keeps the pid files of running guests here. */
const GUESTS = '/run/libvirt/qemu';

const UNITS_STAY =
  'the daemons are units of systemd here; to end them: systemctl disable --now libvirtd openvswitch-switch';

/**
 * `notes` is a directory, for tests. The sockets are where daemons are looked for; those at other than the usual places
 * are never started.
 * @typedef {object} DaemonOptions
 * @property {readonly ('compute' | 'ovs')[]} [technologies] by default both
 * @property {string} [libvirtSocket]
 * @property {string} [ovsSocket]
 * @property {string} [notes]
 * @property {(text: string) => void} [say] is told each change
 */

/**
 * A daemon that answers; `pid` if weft has started it, for libvirtd that of the tini(1) it runs under.
 * @typedef {{ readonly name: string, readonly pid: number | null }} RunningDaemon
 */

/**
 * Starts the daemons of virtual machines and of Open vSwitch that do not run, and waits until they answer: as processes
 * that outlive this one, or as units where systemd runs the host. A daemon that answers is used as it is.
 *
 * May be called by several processes at once.
 *
 * @param {DaemonOptions} [options]
 * @returns {Promise<RunningDaemon[]>}
 * @throws DaemonError
 */
export async function ensureComputeDaemons(options = {}) {
  const wanted = placed(options);
  if ((await missingDaemons(options)).length === 0) return running(wanted, options);
  if (process.getuid?.() !== 0) throw new DaemonError('denied', 'start daemons', 'only root can');
  const notes = options.notes ?? NOTES;
  prepareNotes(notes);
  await whileLocked(notes, async () => {
    for (const daemon of wanted) await ensure(daemon, notes, options.say);
  });
  return running(wanted, options);
}

/**
 * Those that answer now.
 * @param {DaemonOptions} [options]
 * @returns {Promise<RunningDaemon[]>}
 */
export function runningDaemons(options = {}) {
  return running(placed(options), options);
}

/**
 * The names of those that do not answer now.
 * @param {DaemonOptions} [options]
 * @returns {Promise<string[]>}
 */
export async function missingDaemons(options = {}) {
  const wanted = placed(options);
  const running = await runningDaemons(options);
  return wanted.map(({ name }) => name).filter((name) => !running.some((each) => each.name === name));
}

/**
 * Ends the processes that {@link ensureComputeDaemons} has started, and no other: one is known by its pid and its start
 * time. Guests go on running.
 *
 * @param {Pick<DaemonOptions, 'notes' | 'say'>} [options]
 * @throws DaemonError `away`: one does not end
 */
export async function stopComputeDaemons({ notes = NOTES, say = () => undefined } = {}) {
  const noted = notedDaemons(notes);
  if (noted.length === 0) return say(isSystemdHost() ? UNITS_STAY : 'weft has started no daemons');
  await whileLocked(notes, async () => {
    const order = daemons.map(({ name }) => name).reverse();
    for (const name of order.filter((each) => noted.includes(each))) await stop(name, notes, say);
  });
  const guests = guestCount();
  if (guests > 0) say(`guests that go on running: ${guests}`);
}

/**
 * @param {import('./daemon-list.mjs').Daemon} daemon
 * @param {string} notes
 * @param {DaemonOptions['say']} say
 */
async function ensure(daemon, notes, say = () => undefined) {
  const presence = await daemon.presence(daemon.socket);
  if (presence === 'answers') return;
  const action = `start ${daemon.name}`;
  if (presence === 'silent')
    throw new DaemonError('away', action, `something listens at ${daemon.socket} and does not answer`);
  const usual = daemons.find(({ name }) => name === daemon.name);
  if (daemon.socket !== usual?.socket)
    throw new DaemonError('away', action, `nothing answers at ${daemon.socket}, where weft starts none`);
  if (isSystemdHost()) {
    await enableUnit(daemon);
    return say(`${daemon.unit} is enabled and started`);
  }
  const note = readNote(notes, daemon.name);
  if (note !== null && isRunning(note) && (await awaitStarted(daemon, notes))) return;
  await startDaemon(daemon, notes, say);
  say(`${daemon.name} started, pid ${readNote(notes, daemon.name)?.pid}`);
}

/**
 * @param {string} name
 * @param {string} notes
 * @param {(text: string) => void} say
 */
async function stop(name, notes, say) {
  const note = readNote(notes, name);
  if (note === null || !isRunning(note)) {
    removeNote(notes, name);
    return say(`${name} has ended already`);
  }
  process.kill(note.pid, 'SIGTERM');
  const end = performance.now() + END_MS;
  while (isRunning(note)) {
    if (performance.now() > end)
      throw new DaemonError('away', `end ${name}`, `pid ${note.pid} has not ended within ${END_MS / 1000} s`);
    await pause(POLL_MS);
  }
  removeNote(notes, name);
  say(`${name} ended, pid ${note.pid}`);
}

/**
 * The daemons of some technologies, at the sockets where they are looked for.
 * @param {DaemonOptions} options
 * @returns {import('./daemon-list.mjs').Daemon[]}
 */
function placed({ technologies = ['compute', 'ovs'], libvirtSocket = LIBVIRT_SOCKET, ovsSocket = OVS_SOCKET }) {
  const sockets = new Map([
    [LIBVIRT_SOCKET, libvirtSocket],
    [OVS_SOCKET, ovsSocket.replace(/^\/var\/run\//, '/run/')],
  ]);
  return (
    daemons
      .filter(({ technology }) => technologies.includes(technology))
      // Another libvirtd has what it needs.
      .filter(({ name }) => name !== 'virtlogd' || libvirtSocket === LIBVIRT_SOCKET)
      .map((daemon) => ({ ...daemon, socket: sockets.get(daemon.socket) ?? daemon.socket }))
  );
}

/**
 * @param {readonly import('./daemon-list.mjs').Daemon[]} wanted
 * @param {DaemonOptions} options
 * @returns {Promise<RunningDaemon[]>}
 */
async function running(wanted, { notes = NOTES }) {
  const each = await Promise.all(
    wanted.map(async ({ name, socket, presence }) => {
      if ((await presence(socket)) !== 'answers') return [];
      const note = readNote(notes, name);
      return [{ name, pid: note !== null && isRunning(note) ? note.pid : null }];
    }),
  );
  return each.flat();
}

function guestCount() {
  try {
    return readdirSync(GUESTS).filter((name) => name.endsWith('.pid')).length;
  } catch {
    return 0;
  }
}
