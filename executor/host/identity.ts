import { readFileSync } from 'node:fs';

/** machine-id(5): the same for as long as the installation lives; null where the host has none. */
export function machineId(): string | null {
  return readTrimmed('/etc/machine-id');
}

/** random(4): new with every boot. */
export function bootId(): string {
  return readTrimmed('/proc/sys/kernel/random/boot_id') ?? 'unknown';
}

export function kernelRelease(): string | null {
  return readTrimmed('/proc/sys/kernel/osrelease');
}

function readTrimmed(path: string): string | null {
  try {
    const text = readFileSync(path, 'utf8').trim();
    return text === '' ? null : text;
  } catch {
    return null;
  }
}
