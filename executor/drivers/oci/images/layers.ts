import { join } from 'node:path';
import { readTarFile } from './compressed.ts';
import { checkEntry } from './entries.ts';
import { ImageError } from './errors.ts';
import type { ImageContent } from './image.ts';
import { blobFile } from './layout.ts';
import type { Limits } from './settings.ts';
import type { Work } from './skopeo.ts';
import { TarReader } from './tar/reader.ts';

/**
 * Reads all layers before any is unpacked, and refuses those with too many entries or bytes, and hostile entries. To
 * watch the tree while it grows would find both late, and would have to walk through it again and again.
 */
export async function checkLayers(
  layout: string,
  { layers }: Pick<ImageContent, 'layers'>,
  limits: Limits,
  work: Work,
): Promise<void> {
  if (layers.length > limits.layers) {
    throw new ImageError('limit', work.action, `it has ${layers.length} layers, over ${limits.layers}`);
  }
  const check = new Check(limits, work.action);
  for (const { digest, mediaType } of layers) {
    const file = {
      path: join(layout, blobFile(digest)),
      isGzip: mediaType.endsWith('+gzip'),
      what: `the layer ${digest}`,
    };
    await readTarFile(file, work, (pieces) => check.layer(pieces));
  }
}

class Check {
  readonly #limits: Limits;
  readonly #action: string;
  #entries = 0;
  #bytes = 0;

  constructor(limits: Limits, action: string) {
    this.#limits = limits;
    this.#action = action;
  }

  async layer(pieces: AsyncIterable<Buffer>): Promise<void> {
    const reader = new TarReader();
    for await (const piece of pieces) {
      this.#bytes += piece.length;
      if (this.#bytes > this.#limits.unpackedBytes) throw this.#over(this.#limits.unpackedBytes, 'bytes');
      for (const part of reader.push(piece)) {
        if (part.kind !== 'entry') continue;
        this.#entries += 1;
        if (this.#entries > this.#limits.entries) throw this.#over(this.#limits.entries, 'entries');
        checkEntry(part.entry);
      }
    }
    reader.end();
  }

  #over(limit: number, what: string): ImageError {
    return new ImageError('limit', this.#action, `its layers have over ${limit} ${what}`);
  }
}
