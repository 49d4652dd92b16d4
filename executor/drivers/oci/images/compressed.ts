import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { asImageError, ImageError } from './errors.ts';
import { abortError } from './programs.ts';
import type { Work } from './skopeo.ts';
import { TarError } from './tar/tar-error.ts';

const PIECE_BYTES = 262_144;

export interface TarFile {
  readonly path: string;
  readonly isGzip: boolean;
  /** For errors: `the archive`. */
  readonly what: string;
}

/** Reads a tar archive in pieces, decompressed. What is wrong with it or with its compression is `invalid`. */
export async function readTarFile(
  { path, isGzip, what }: TarFile,
  { signal, action }: Work,
  take: (pieces: AsyncIterable<Buffer>) => Promise<void>,
): Promise<void> {
  const input = createReadStream(path, { highWaterMark: PIECE_BYTES });
  try {
    if (isGzip) await pipeline(input, createGunzip({ chunkSize: PIECE_BYTES }), take, { signal });
    else await pipeline(input, take, { signal });
  } catch (cause) {
    if (signal.aborted) throw abortError(signal, action);
    if (cause instanceof TarError || isDamaged(cause)) {
      throw new ImageError('invalid', action, `${what}: ${cause.message}`, { cause });
    }
    throw asImageError(cause, action);
  }
}

/** Errors of zlib. */
function isDamaged(cause: unknown): cause is Error {
  return cause instanceof Error && 'code' in cause && String(cause.code).startsWith('Z_');
}
