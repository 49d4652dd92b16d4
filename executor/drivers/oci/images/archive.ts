import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { readTarFile } from './compressed.ts';
import { ImageError, isFileError } from './errors.ts';
import type { Limits } from './settings.ts';
import type { Work } from './skopeo.ts';
import { type TarEntry, TarReader } from './tar/reader.ts';
import { TarError } from './tar/tar-error.ts';

const GZIP_MAGIC = Buffer.from([0x1f, 0x8b]);
const BLOB = /^blobs\/sha256\/[0-9a-f]{64}$/;

/**
 * Extracts an OCI archive, which is a layout as a tar archive, plain or in gzip. skopeo would extract whatever is in
 * it, of any size: this takes the files of a layout and refuses everything else.
 */
export async function extractArchive(path: string, directory: string, limits: Limits, work: Work): Promise<void> {
  const extraction = new Extraction(directory, limits, work);
  const isGzip = await startsWith(path, GZIP_MAGIC);
  await mkdir(join(directory, 'blobs/sha256'), { recursive: true });
  try {
    await readTarFile({ path, isGzip, what: 'the archive' }, work, (pieces) => extraction.take(pieces));
  } finally {
    await extraction.close();
  }
}

class Extraction {
  readonly #directory: string;
  readonly #limits: Limits;
  readonly #action: string;
  readonly #reader = new TarReader();
  #file: FileHandle | null = null;
  #bytes = 0;
  #entries = 0;

  constructor(directory: string, limits: Limits, { action }: Work) {
    this.#directory = directory;
    this.#limits = limits;
    this.#action = action;
  }

  async take(pieces: AsyncIterable<Buffer>): Promise<void> {
    for await (const piece of pieces) {
      this.#bytes += piece.length;
      const { compressedBytes } = this.#limits;
      if (this.#bytes > compressedBytes) {
        throw new ImageError('limit', this.#action, `the archive is over ${compressedBytes} bytes`);
      }
      for (const part of this.#reader.push(piece)) {
        if (part.kind === 'entry') await this.#begin(part.entry);
        else await this.#file?.writeFile(part.data);
      }
    }
    this.#reader.end();
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = null;
  }

  async #begin({ type, name }: TarEntry): Promise<void> {
    await this.close();
    this.#entries += 1;
    if (this.#entries > this.#limits.entries) {
      throw new ImageError('limit', this.#action, `the archive has over ${this.#limits.entries} entries`);
    }
    if (type === 'directory') return;
    const file = name.replace(/^(?:\.\/+)+/, '');
    if (type !== 'file') throw new TarError(`the ${type} ${JSON.stringify(name)} does not belong into an OCI archive`);
    // What `docker save` adds for older readers is in nobody's way.
    if (!BLOB.test(file) && !['oci-layout', 'index.json'].includes(file)) return;
    try {
      this.#file = await open(join(this.#directory, file), 'wx', 0o600);
    } catch (cause) {
      throw isFileError(cause, 'EEXIST') ? new TarError(`${file} is in it twice`) : cause;
    }
  }
}

async function startsWith(path: string, magic: Buffer): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer } = await file.read(Buffer.alloc(magic.length), 0, magic.length, 0);
    return buffer.equals(magic);
  } finally {
    await file.close();
  }
}
