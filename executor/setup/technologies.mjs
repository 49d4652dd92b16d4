/**
 * A Debian package. What shows that it is installed is one of the files, if they are given, or else the program on PATH.
 * @typedef {{ readonly name: string, readonly program?: string, readonly files?: readonly string[] }} HostPackage
 */

/** Where weft looks for runc: that of Docker or of one's own is as good as Debian's. */
const runc = ['/usr/sbin/runc', '/usr/bin/runc', '/usr/local/sbin/runc', '/usr/local/bin/runc'];

/** Host packages for each technology. `ip` and `ping` serve to inspect the host; weft runs `nft` itself. */
export const technologies = Object.freeze({
  netns: [
    { name: 'iproute2', program: 'ip' },
    { name: 'iputils-ping', program: 'ping' },
    { name: 'nftables', program: 'nft' },
  ],
  containers: [
    { name: 'skopeo', program: 'skopeo' },
    { name: 'umoci', program: 'umoci' },
    { name: 'runc', program: 'runc', files: runc },
    { name: 'conmon', program: 'conmon', files: ['/usr/bin/conmon'] },
    { name: 'golang-github-containers-common', files: ['/usr/share/containers/seccomp.json'] },
  ],
  compute: [
    { name: 'libvirt-daemon', program: 'libvirtd' },
    // Its configuration, and the user that QEMU runs as.
    { name: 'libvirt-daemon-system', files: ['/etc/libvirt/libvirtd.conf'] },
    { name: 'qemu-system-x86', program: 'qemu-system-x86_64' },
    { name: 'qemu-utils', program: 'qemu-img' },
    { name: 'tini', program: 'tini' },
  ],
  ovs: [{ name: 'openvswitch-switch', program: 'ovs-vswitchd' }],
  test: [
    { name: 'sqlite3', program: 'sqlite3' },
    { name: 'curl', program: 'curl' },
    { name: 'util-linux', program: 'unshare' },
    { name: 'busybox-static', program: 'busybox' },
    { name: 'docker-registry', program: 'docker-registry' },
  ],
  bench: [{ name: 'wrk', program: 'wrk' }],
});

/** @typedef {keyof typeof technologies} Technology */

/**
 * What a job needs: technologies, whether also the packages for development, and whether it runs long enough for weft
 * to be compiled beforehand; `starts` are the technologies whose daemons it starts.
 * @typedef {object} Job
 * @property {readonly Technology[]} technologies
 * @property {boolean} development
 * @property {boolean} [lasts]
 * @property {readonly ('compute' | 'ovs')[]} [starts]
 */

/** @type {Readonly<Record<string, Job>>} */
export const jobs = Object.freeze({
  start: { technologies: ['netns'], development: false, lasts: true },
  functions: { technologies: [], development: false, lasts: true },
  executor: { technologies: ['netns'], development: false, lasts: true },
  clean: { technologies: [], development: false },
  sql: { technologies: [], development: false },
  image: { technologies: [], development: false },
  containers: { technologies: ['containers'], development: false },
  compute: { technologies: ['compute', 'ovs'], development: false, starts: ['compute', 'ovs'] },
  ovs: { technologies: ['ovs'], development: false, starts: ['ovs'] },
  test: { technologies: ['netns', 'containers', 'compute', 'ovs', 'test'], development: true },
  bench: { technologies: ['netns', 'compute', 'ovs', 'test', 'bench'], development: true, lasts: true },
  all: {
    technologies: ['netns', 'containers', 'compute', 'ovs', 'test', 'bench'],
    development: true,
    starts: ['compute', 'ovs'],
  },
});
