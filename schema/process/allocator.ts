import { createRequire } from 'node:module';

/** <malloc.h> */
const M_TRIM_THRESHOLD = -1;
const M_TOP_PAD = -2;
const M_MMAP_THRESHOLD = -3;

const MEGABYTE = 1 << 20;

const TRIM_INTERVAL_MS = 10_000;

/**
 * Has the C library keep freed memory, up to some megabytes, mallopt(3): libuv allocates 64 KiB for each read of a
 * socket and frees it at once, and each time the kernel would zero the pages again. Free memory between allocated
 * blocks is returned every ten seconds, malloc_trim(3), in a thread of Node's pool: while other threads keep the kernel
 * busy with memory it takes a quarter of a second. A C library without these functions (musl) is left as it is.
 */
export function setUpAllocator(): void {
  try {
    // Not imported: koffi's native part may be missing, and every process runs this.
    const koffi: typeof import('koffi') = createRequire(import.meta.url)('koffi');
    const library = koffi.load(null);
    const mallopt = library.func('int mallopt(int, int)');
    mallopt(M_MMAP_THRESHOLD, 8 * MEGABYTE);
    mallopt(M_TRIM_THRESHOLD, 32 * MEGABYTE);
    mallopt(M_TOP_PAD, 4 * MEGABYTE);
    const trim = library.func('int malloc_trim(size_t)');
    setInterval(() => trim.async(MEGABYTE, () => undefined), TRIM_INTERVAL_MS).unref();
  } catch {
    // Slower, or with more memory, but correct.
  }
}
