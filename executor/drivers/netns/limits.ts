import { readFileSync } from 'node:fs';

/* The kernel's limits, with texts that name the setting to raise. */

/** The kernel frees namespaces asynchronously, after the call that deleted them. */
const RELEASE_MILLISECONDS = 20_000;

let releasedAt = Number.NEGATIVE_INFINITY;

/**
 * To be called after a namespace was deleted: a call that was refused because of the limit may succeed a moment later.
 */
export function noteNamespaceReleased(): void {
  releasedAt = performance.now();
}

/** Why no more network namespaces can be created, and whether that may be temporary. */
export function namespacesLimit(): { detail: string; transient: boolean } {
  return {
    detail: sysctlLimit('user.max_net_namespaces'),
    transient: performance.now() - releasedAt < RELEASE_MILLISECONDS,
  };
}

/** fs.mount-max of proc(5), which applies to each mount namespace. */
export function mountsLimit(): string {
  return sysctlLimit('fs.mount-max');
}

/** The text for an error number that stands for a limit; undefined for others. */
export function limitText(name: string): string | undefined {
  switch (name) {
    case 'EXFULL':
      return "the kernel's limit of 1,023 ports a bridge is reached";
    case 'EMFILE':
      return `the process has reached its limit of open files (${openFilesLimit() ?? 'unknown'})`;
    case 'ENFILE':
      return sysctlLimit('fs.file-max');
    case 'EDQUOT':
      return 'a disk quota is reached';
    default:
      return undefined;
  }
}

function sysctlLimit(name: string): string {
  return `the kernel's limit ${name} (${readSysctl(name) ?? 'unknown'}) is reached`;
}

function readSysctl(name: string): string | undefined {
  return readQuietly(`/proc/sys/${name.replaceAll('.', '/')}`)?.trim();
}

/** The soft limit, which is the effective one. */
function openFilesLimit(): string | undefined {
  return /^Max open files\s+(\S+)/m.exec(readQuietly('/proc/self/limits') ?? '')?.[1];
}

/** Reading may need a descriptor when none is left. */
function readQuietly(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
