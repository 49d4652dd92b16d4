import type { Family } from './tree.ts';

/** The first serial port at the speed that installers set, 8 data bits, no parity. */
const SERIAL_CONSOLE = 'console=ttyS0,115200n8';

export interface InstallerOptions {
  readonly family: Family;
  /** The root of the tree. */
  readonly location: string;
  /** Whether the installer uses the serial console. */
  readonly console: boolean;
  /** What the request says; empty without. */
  readonly commandLine: string;
}

/** The parameters that name the packages' source; Debian's installer asks for a mirror, or its preseed does. */
const sources: Readonly<Record<Family, readonly string[]>> = {
  // dracut-cmdline(7), Anaconda's boot options; the first is what is added.
  'red hat': ['inst.repo', 'inst.stage2', 'repo', 'method'],
  // linuxrc's parameters.
  suse: ['install', 'instsys'],
  debian: [],
  ubuntu: [],
  other: [],
};

/**
 * The kernel's command line of an installer. What the request says comes last, since Debian's installer keeps what follows
 * `---` for the installed system, and nothing is added that the request says in other words.
 */
export function installerCommandLine({ family, location, console, commandLine }: InstallerOptions): string {
  const given = new Set(commandLine.split(/\s+/).map((parameter) => parameter.replace(/=.*$/s, '')));
  const names = sources[family];
  const [source] = names;
  return [
    ...(source === undefined || names.some((name) => given.has(name)) ? [] : [`${source}=${location}`]),
    ...(console && !given.has('console') ? [SERIAL_CONSOLE] : []),
    ...(commandLine === '' ? [] : [commandLine]),
  ].join(' ');
}
