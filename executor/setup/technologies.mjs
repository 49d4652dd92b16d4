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
 * to be compiled beforehand.
 * @typedef {{ readonly technologies: readonly Technology[], readonly development: boolean, readonly lasts?: boolean }} Job
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
  test: { technologies: ['netns', 'containers', 'test'], development: true },
  bench: { technologies: ['netns', 'test', 'bench'], development: true, lasts: true },
  all: { technologies: ['netns', 'containers', 'test', 'bench'], development: true },
});
