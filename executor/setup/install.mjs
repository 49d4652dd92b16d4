import { installHostPackages } from './host-packages.mjs';

/*
 * Installs the Debian packages that its arguments name, in a process of its own that outlives the one that started it:
 * an installation that is interrupted leaves packages that dpkg(1) has not configured. If it fails, it prints the reason
 * in one line, and exits with 1.
 */

const problem = installHostPackages(process.argv.slice(2));
if (problem !== null) {
  console.log(problem);
  process.exitCode = 1;
}
