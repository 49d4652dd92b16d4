import { createRequire } from 'node:module';

/** <malloc.h> */
const M_TRIM_THRESHOLD = -1;
const M_TOP_PAD = -2;
const M_MMAP_THRESHOLD = -3;

const MEGABYTE = 1 << 20;

/**
 * Has the C library keep what was freed, up to some megabytes, mallopt(3): libuv takes 64 KiB for each read of a socket
 * and gives it back at once, and each time the kernel would clear the pages anew. Where there is no mallopt (musl),
 * nothing changes.
 */
export function keepFreedMemory(): void {
  try {
    // Not imported: koffi's native part may be missing, and every process comes by here.
    const koffi: typeof import('koffi') = createRequire(import.meta.url)('koffi');
    const mallopt = koffi.load(null).func('int mallopt(int, int)');
    mallopt(M_MMAP_THRESHOLD, 8 * MEGABYTE);
    mallopt(M_TRIM_THRESHOLD, 32 * MEGABYTE);
    mallopt(M_TOP_PAD, 4 * MEGABYTE);
  } catch {
    // Slower, and right all the same.
  }
}
