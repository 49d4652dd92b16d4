import { lstat, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ImageError } from './errors.ts';
import { digestOf, type Index, type IndexEntry, MANIFEST_BYTES, parseIndex } from './manifests.ts';
import { TAG } from './skopeo.ts';
import { pathBelow } from './sources.ts';

/* OCI image layouts: directories with `oci-layout`, `index.json` and `blobs/sha256/…` (the OCI image specification). */

const REF_NAME = 'org.opencontainers.image.ref.name';

/** Reads a layout that may be anybody's: its links must not lead out of a directory, its blobs must have their digests. */
export class Layout {
  readonly #base: string;
  readonly #path: string;
  readonly #action: string;

  /** @param path of the layout, below `base` */
  constructor(base: string, path: string, action: string) {
    this.#base = base;
    this.#path = path;
    this.#action = action;
  }

  async index(): Promise<Index> {
    await this.#read('oci-layout');
    return parseIndex(await this.#read('index.json'), this.#action);
  }

  /** A manifest, an index or a configuration. */
  async document(digest: string): Promise<Buffer> {
    const content = await this.#read(blobFile(digest));
    if (digestOf(content) !== digest) throw new ImageError('invalid', this.#action, `the blob ${digest} is damaged`);
    return content;
  }

  /** The real path of a blob. */
  async blob(digest: string): Promise<string> {
    return this.#locate(blobFile(digest));
  }

  async #read(file: string): Promise<Buffer> {
    const path = await this.#locate(file);
    const { size } = await stat(path);
    if (size > MANIFEST_BYTES)
      throw new ImageError('limit', this.#action, `its ${file} is over ${MANIFEST_BYTES} bytes`);
    return readFile(path);
  }

  async #locate(file: string): Promise<string> {
    const path = await pathBelow(this.#base, join(this.#path, file), this.#action);
    // A FIFO, for one, would never end.
    if ((await lstat(path)).isFile()) return path;
    throw new ImageError('invalid', this.#action, `its ${file} is no regular file`);
  }
}

/** The image of a layout with this tag, or without a tag the only one. */
export function chooseTag({ manifests }: Index, tag: string | null, action: string): IndexEntry {
  const fitting = tag === null ? manifests : manifests.filter(({ annotations }) => annotations?.[REF_NAME] === tag);
  const [first] = fitting;
  if (first !== undefined && fitting.length === 1) return first;
  const tags = manifests.flatMap(({ annotations }) => annotations?.[REF_NAME] ?? []);
  const has = tags.length === 0 ? 'it has no tags' : `its tags are ${tags.join(', ')}`;
  if (tag !== null)
    throw new ImageError('unknown', action, `the layout has no single image with the tag ${tag}; ${has}`);
  throw new ImageError('unknown', action, `the layout has ${manifests.length} images and not one; ${has}`);
}

/** A layout of one image whose blobs are links to those of another layout. */
export async function linkLayout(
  directory: string,
  manifest: { mediaType: string; digest: string; size: number },
  blobs: ReadonlyMap<string, string>,
): Promise<void> {
  await mkdir(join(directory, 'blobs/sha256'), { recursive: true });
  await writeFile(join(directory, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  const index = { schemaVersion: 2, manifests: [{ ...manifest, annotations: { [REF_NAME]: TAG } }] };
  await writeFile(join(directory, 'index.json'), JSON.stringify(index));
  for (const [digest, path] of blobs) await symlink(path, join(directory, blobFile(digest)));
}

/** `blobs/sha256/…`, relative to the layout. */
export function blobFile(digest: string): string {
  return `blobs/${digest.replace(':', '/')}`;
}
