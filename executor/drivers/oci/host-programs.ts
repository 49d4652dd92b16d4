import { existsSync } from 'node:fs';

export const CONMON = '/usr/bin/conmon';

/** Where Debian has it first, and then where containerd.io of Docker and those who build it themselves do. */
export const RUNC_PATHS = ['/usr/sbin/runc', '/usr/bin/runc', '/usr/local/sbin/runc', '/usr/local/bin/runc'] as const;

/** Debian's, if the host has none. It may be installed while this process runs. */
export function runcPath(): string {
  return RUNC_PATHS.find((path) => existsSync(path)) ?? RUNC_PATHS[0];
}

/** What the host lacks, as the detail of an error `missing_program`; null: nothing. */
export function absentProgram(runc = runcPath()): string | null {
  if (!existsSync(runc)) return missingProgram('runc');
  return existsSync(CONMON) ? null : missingProgram('conmon');
}

export function missingProgram(name: 'runc' | 'conmon'): string {
  return `the host has no ${name}; apt-get install ${name}`;
}
