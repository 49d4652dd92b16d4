/**
 * A Debian package, and the program on PATH that shows that it is installed.
 * @typedef {{ readonly name: string, readonly program: string }} HostPackage
 */

/** Host packages for each technology. weft itself needs none of those for namespaces: they serve to inspect the host. */
export const technologies = Object.freeze({
  netns: [
    { name: 'iproute2', program: 'ip' },
    { name: 'iputils-ping', program: 'ping' },
  ],
  test: [
    { name: 'sqlite3', program: 'sqlite3' },
    { name: 'curl', program: 'curl' },
    { name: 'util-linux', program: 'unshare' },
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
  test: { technologies: ['netns', 'test'], development: true },
  bench: { technologies: ['netns', 'test', 'bench'], development: true, lasts: true },
  all: { technologies: ['netns', 'test', 'bench'], development: true },
});
