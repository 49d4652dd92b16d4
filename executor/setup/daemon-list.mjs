import { libvirtPresence, ovsdbPresence, virtlogdPresence, vswitchdPresence } from './daemon-sockets.mjs';
import { openKvmToGroup } from './kvm-device.mjs';
import { DATABASE, initialiseDatabase, prepareDatabase } from './open-vswitch-database.mjs';

export const LIBVIRT_SOCKET = '/run/libvirt/libvirt-sock';
export const OVS_SOCKET = '/run/openvswitch/db.sock';

/**
 * A daemon that a technology needs. It runs in the foreground of `command`; `log` receives what it writes. `unit` is its unit where systemd runs the host.
 * @typedef {object} Daemon
 * @property {'virtlogd' | 'libvirtd' | 'ovsdb-server' | 'ovs-vswitchd'} name
 * @property {'compute' | 'ovs'} technology
 * @property {string} socket where it is found
 * @property {(socket: string) => Promise<import('./daemon-sockets.mjs').Presence>} presence
 * @property {readonly [string, ...string[]]} programs that must be installed
 * @property {readonly [string, ...string[]]} command
 * @property {string} unit
 * @property {string} log
 * @property {readonly string[]} directories what it needs, in addition to that of `log`
 * @property {(socket: string) => Promise<string | null>} [prepare] before it is started; returns what it has changed, if
 *   anything
 */

/**
 * In the order in which they are started; they are ended in the opposite one.
 * @type {readonly Daemon[]}
 */
export const daemons = Object.freeze([
  {
    name: 'virtlogd',
    technology: 'compute',
    socket: '/run/libvirt/virtlogd-sock',
    presence: virtlogdPresence,
    programs: ['virtlogd'],
    command: ['virtlogd'],
    unit: 'virtlogd.socket',
    log: '/var/log/libvirt/virtlogd.log',
    directories: ['/run/libvirt'],
  },
  {
    name: 'libvirtd',
    technology: 'compute',
    socket: LIBVIRT_SOCKET,
    presence: libvirtPresence,
    programs: ['tini', 'libvirtd'],
    // QEMUs become children of the first process, which may reap them late or never, and libvirtd waits for that when it
    // destroys a domain: tini(1) with -s adopts and reaps them.
    command: ['tini', '-s', '--', 'libvirtd'],
    unit: 'libvirtd.service',
    log: '/var/log/libvirt/libvirtd.log',
    directories: ['/run/libvirt'],
    prepare: async () => openKvmToGroup(),
  },
  {
    name: 'ovsdb-server',
    technology: 'ovs',
    socket: OVS_SOCKET,
    presence: ovsdbPresence,
    programs: ['ovsdb-server', 'ovsdb-tool'],
    command: [
      'ovsdb-server',
      DATABASE,
      `--remote=punix:${OVS_SOCKET}`,
      '--remote=db:Open_vSwitch,Open_vSwitch,manager_options',
      '--private-key=db:Open_vSwitch,SSL,private_key',
      '--certificate=db:Open_vSwitch,SSL,certificate',
      '--bootstrap-ca-cert=db:Open_vSwitch,SSL,ca_cert',
      '--pidfile',
      '--log-file=/var/log/openvswitch/ovsdb-server.log',
      '-vconsole:off',
    ],
    unit: 'openvswitch-switch.service',
    log: '/var/log/openvswitch/ovsdb-server.log',
    directories: ['/run/openvswitch'],
    prepare: prepareDatabase,
  },
  {
    name: 'ovs-vswitchd',
    technology: 'ovs',
    socket: OVS_SOCKET,
    presence: vswitchdPresence,
    programs: ['ovs-vswitchd', 'ovs-vsctl'],
    command: [
      'ovs-vswitchd',
      `unix:${OVS_SOCKET}`,
      '--pidfile',
      '--log-file=/var/log/openvswitch/ovs-vswitchd.log',
      '-vconsole:off',
    ],
    unit: 'openvswitch-switch.service',
    log: '/var/log/openvswitch/ovs-vswitchd.log',
    directories: ['/run/openvswitch'],
    prepare: initialiseDatabase,
  },
]);
