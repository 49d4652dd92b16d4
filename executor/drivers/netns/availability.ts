import { readFileSync } from 'node:fs';

export type Availability = { available: true } | { available: false; reason: string };

/** <linux/capability.h> */
const CAPABILITIES = { CAP_NET_ADMIN: 12, CAP_SYS_ADMIN: 21 };

/** Whether this process may use the driver, and if not, why. Changes nothing on the host. */
export async function canUseNetns(): Promise<Availability> {
  if (process.platform !== 'linux') return unavailable(`network namespaces are Linux's, this is ${process.platform}`);
  const missing = missingCapabilities();
  if (missing.length > 0) return unavailable(`the process lacks ${missing.join(' and ')} (run it as root)`);
  try {
    // Importing it loads its native part, which does not exist for some processors, and resolves every function.
    await import('./syscalls.ts');
  } catch (error) {
    return unavailable(`the C library cannot be called: ${error instanceof Error ? error.message : String(error)}`);
  }
  return { available: true };
}

function unavailable(reason: string): Availability {
  return { available: false, reason };
}

function missingCapabilities(): string[] {
  const line = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'));
  const effective = BigInt(`0x${line?.[1] ?? '0'}`);
  return Object.entries(CAPABILITIES)
    .filter(([, bit]) => (effective & (1n << BigInt(bit))) === 0n)
    .map(([name]) => name);
}
