import { readFileSync } from 'node:fs';

/* The kernel's limits, in words that name what can be raised. */

/** The kernel takes namespaces apart in its own time, after the call that deleted them. */
const RELEASE_MILLISECONDS = 20_000;

let releasedAt = Number.NEGATIVE_INFINITY;

/** To be called after a namespace was deleted: what was refused for the limit may succeed a moment later. */
export function noteNamespaceReleased(): void {
  releasedAt = performance.now();
}

/** Why no more network namespaces can be made, and whether that may be over soon. */
export function namespacesLimit(): { detail: string; transient: boolean } {
  return {
    detail: sysctlLimit('user.max_net_namespaces'),
    transient: performance.now() - releasedAt < RELEASE_MILLISECONDS,
  };
}

/** fs.mount-max of proc(5), which counts for each mount namespace. */
export function mountsLimit(): string {
  return sysctlLimit('fs.mount-max');
}

/** What an error number that stands for a limit says in itself; undefined for others. */
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

/** The soft limit, which is the one that counts. */
function openFilesLimit(): string | undefined {
  return /^Max open files\s+(\S+)/m.exec(readQuietly('/proc/self/limits') ?? '')?.[1];
}

/** Reading may need a descriptor of which there is none left. */
function readQuietly(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
